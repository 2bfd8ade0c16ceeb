import { constants } from 'node:fs';
import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const CALLS = ['open', 'mkdir', 'link', 'rename', 'unlink', 'rmdir'] as const;
const FILE_CALLS = ['writeFile', 'chmod', 'sync'] as const;

type Call = (...args: unknown[]) => Promise<unknown>;

export interface CrashedRun {
  /** Whether the work was stopped, or ran to its end because it has fewer steps. */
  readonly crashed: boolean;
  /** The steps that were done. */
  readonly steps: readonly string[];
}

/**
 * Runs `work` until just before its `step`-th call that changes the disk, and abandons it there, as `kill -9` would:
 * that call and all after it never return, so that no clean-up runs either. A write is abandoned halfway.
 */
export async function crashAt(step: number, work: () => Promise<unknown>): Promise<CrashedRun> {
  const steps: string[] = [];
  const handles: FileHandle[] = [];
  let crash: () => void = () => {};
  const crashed = new Promise<boolean>((resolve) => {
    crash = () => resolve(true);
  });

  function stepping(name: string, call: Call, half?: Call): Call {
    return async function (this: unknown, ...args) {
      if (steps.length + 1 >= step) {
        if (steps.length + 1 === step) await half?.apply(this, args);
        crash();
        return new Promise(() => {});
      }
      steps.push(name);
      return call.apply(this, args);
    };
  }

  const probe = await promises.open('/dev/null');
  const file = Object.getPrototypeOf(probe) as Record<string, Call>;
  await probe.close();
  const module = promises as unknown as Record<string, Call>;
  const originals = { module: { ...module }, file: new Map(FILE_CALLS.map((name) => [name, file[name] as Call])) };

  for (const name of CALLS) module[name] = stepping(name, module[name] as Call);
  const create = module.open as Call;
  module.open = async (...args) => {
    const creates = (Number(args[1]) & constants.O_CREAT) !== 0;
    const handle = await (creates ? create : (originals.module.open as Call))(...args);
    handles.push(handle as FileHandle);
    return handle;
  };
  for (const [name, call] of originals.file) {
    const half: Call = async function (this: unknown, bytes) {
      await call.call(this, (bytes as Uint8Array).subarray(0, (bytes as Uint8Array).length >> 1));
    };
    file[name] = stepping(name, call, name === 'writeFile' ? half : undefined);
  }
  syncBuiltinESMExports();
  try {
    return { crashed: await Promise.race([crashed, work().then(() => false)]), steps };
  } finally {
    Object.assign(module, originals.module);
    Object.assign(file, Object.fromEntries(originals.file));
    syncBuiltinESMExports();
    for (const handle of handles) if (handle.fd !== -1) await handle.close();
  }
}
