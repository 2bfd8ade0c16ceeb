import { equalBytes, type KeyName, parseKeyName } from '../../../base/index.js';
import { wipe } from '../../../crypto/index.js';
import type { SecretKind, Vault } from '../../../vault/index.js';
import type { Command } from '../../command.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry } from '../../write-options.js';

const LINE_FEED = 0x0a;

export const command: Command = {
  usage: 'secrets edit <key>',
  summary: 'Change a value in $VISUAL or $EDITOR; nothing is stored where nothing changed, or the editor fails',
  options: [expiresOption, ifVersionOption],
  examples: ['secrets edit vigo/app/settings', 'secrets edit vigo/app/settings --expires 90d'],
  async run({ vault, note, warn }, [name = ''], flags) {
    const key = parseKeyName(name);
    const expiresMs = readExpiry(flags);
    const opened = await vault();
    const [{ demandVersion, MAX_VALUE_BYTES }, { withScratchFile }, { runEditor }] = await Promise.all([
      import('../../../vault/index.js'),
      import('../../../files/index.js'),
      import('../../editor.js'),
    ]);
    const before = await openOrNew(opened, key);
    let after: Uint8Array | undefined;
    try {
      demandVersion(key, before.version, readCondition(flags));
      after = await withScratchFile(before.value, async (scratch) => {
        if (!scratch.inMemory) warn('there is no file system in memory, so the value passes over a disk');
        await runEditor(scratch.path);
        return scratch.read(MAX_VALUE_BYTES + 1);
      });
      const value = withoutAddedNewline(before.value, after);
      if (equalBytes(value, before.value)) return note(`${key}: nothing changed`);
      // Compare and set: what somebody else stored meanwhile isn't overwritten.
      const options = { kind: before.kind, expiresMs: expiresMs ?? before.expiresMs, ifVersion: before.version };
      note(`${key}: version ${await opened.set(key, value, options)} is stored (${value.length} bytes)`);
    } finally {
      wipe(before.value, ...(after === undefined ? [] : [after]));
    }
  },
};

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
