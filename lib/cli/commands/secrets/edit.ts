import { equalBytes, type KeyName, VigoError } from '../../../base/index.js';
import { wipe } from '../../../crypto/index.js';
import type { Scratch } from '../../../files/index.js';
import type { SecretKind, SetOptions, Vault } from '../../../vault/index.js';
import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { CliError } from '../../errors.js';
import type { CommandContext } from '../../host/context.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry } from '../../host/write-options.js';

const LINE_FEED = 0x0a;

export const command: Command = {
  usage: 'secrets edit <key>',
  summary: 'Change a value in $VISUAL or $EDITOR; nothing is stored where nothing changed, or the editor fails',
  options: [expiresOption, ifVersionOption],
  examples: ['secrets edit vigo/app/settings', 'secrets edit vigo/app/settings --expires 90d'],
  async run(context, [name = ''], flags) {
    const key = readKeyName(name);
    const expiresMs = readExpiry(flags);
    const vault = await context.vault();
    const [{ demandVersion }, { withScratchFile }] = await Promise.all([
      import('../../../vault/index.js'),
      import('../../../files/index.js'),
    ]);
    const before = await openOrNew(vault, key);
    try {
      demandVersion(key, before.version, readCondition(flags));
      await withScratchFile(before.value, async (scratch) => {
        if (!scratch.inMemory) context.warn('there is no file system in memory, so the value passes over a disk');
        // Compare and set: what somebody else stored meanwhile isn't overwritten.
        const options = { kind: before.kind, expiresMs: expiresMs ?? before.expiresMs, ifVersion: before.version };
        await edit({ context, vault, key, before: before.value, scratch }, options);
      });
    } finally {
      wipe(before.value);
    }
  },
};

interface Editing {
  readonly context: CommandContext;
  readonly vault: Vault;
  readonly key: KeyName;
  readonly before: Uint8Array;
  readonly scratch: Scratch;
}

/** Where the vault refuses what was typed, it isn't lost: the file stays until a person has decided. */
async function edit({ context, vault, key, before, scratch }: Editing, options: SetOptions): Promise<void> {
  const [{ MAX_VALUE_BYTES }, { runEditor }, { canAsk, askKey }] = await Promise.all([
    import('../../../vault/index.js'),
    import('../../host/editor.js'),
    import('../../console/prompt.js'),
  ]);
  let { editor, endedAtOnce } = await runEditor(scratch.path);
  for (let { ifVersion } = options; ; ) {
    let after: Uint8Array | undefined;
    try {
      after = await scratch.read(MAX_VALUE_BYTES + 1);
      const value = withoutAddedNewline(before, after);
      if (equalBytes(value, before)) {
        context.note(`${key}: nothing changed`);
        if (endedAtOnce && !scratch.wasWritten()) context.warn(describeForked(editor));
        return;
      }
      const version = await vault.set(key, value, { ...options, ifVersion });
      context.note(`${key}: version ${version} is stored (${value.length} bytes)`);
      if (value.length === 0) {
        context.warn(`the value is empty now; the one before comes back with: vigocli secrets rollback ${key}`);
      }
      return;
    } catch (refusal) {
      if (!(refusal instanceof VigoError) || !canAsk()) throw refusal;
      context.error(refusal);
      const overwrites = refusal.code === 'version_conflict';
      const question = `what you typed is still there: e to edit it, s to store it${overwrites ? ' over that' : ''}, g to give up`;
      const answer = await askKey(question, ['e', 's', 'g'], 'nothing was changed');
      if (answer === 'g') throw new CliError('cancelled', 'given up; nothing was changed');
      if (answer === 'e') ({ editor, endedAtOnce } = await runEditor(scratch.path));
      else if (overwrites) ifVersion = undefined; // what is there is kept as an earlier version
    } finally {
      if (after !== undefined) wipe(after);
    }
  }
}

function describeForked(editor: string): string {
  return `${editor} ended at once: one with a window of its own must be told to wait, as in EDITOR="code --wait"`;
}

interface Editable {
  readonly version: number;
  readonly kind: SecretKind;
  readonly expiresMs: number | undefined;
  readonly value: Uint8Array;
}

async function openOrNew(vault: Vault, key: KeyName): Promise<Editable> {
  const { VaultError } = await import('../../../vault/index.js');
  try {
    const { version, kind, header, value } = await vault.open(key);
    return { version, kind, expiresMs: header.meta.expires, value: value.expose() };
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'not_found') throw error;
    return { version: 0, kind: 'raw', expiresMs: undefined, value: new Uint8Array() };
  }
}

/** Editors end a file with a newline; one that the value didn't have isn't part of it. */
function withoutAddedNewline(before: Uint8Array, after: Uint8Array): Uint8Array {
  const isAdded = after.at(-1) === LINE_FEED && before.at(-1) !== LINE_FEED;
  return isAdded ? after.subarray(0, -1) : after;
}
