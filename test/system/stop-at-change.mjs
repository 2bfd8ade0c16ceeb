// Loaded before a program (`node --import`): sends it a signal just before its n-th call that changes the disk.
// VIGO_STOP is `<n> <signal> <file>`; the file gets the names of all such calls when the program ends by itself.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const [nth, signal, logFile] = (process.env.VIGO_STOP ?? '').split(' ');
const CALLS = ['mkdir', 'link', 'symlink', 'rename', 'unlink', 'rmdir', 'rm', 'chmod', 'open'];
const SYNC_CALLS = ['writeSync', 'fsyncSync', 'closeSync'];
const FILE_CALLS = ['writeFile', 'chmod', 'sync'];
const { openSync, closeSync, writeFileSync } = fs;
const steps = [];

function step(name, args) {
  const reads = typeof args[1] === 'string' ? args[1] === 'r' : (Number(args[1] ?? 0) & fs.constants.O_CREAT) === 0;
  if (name.startsWith('open') && reads) return;
  steps.push(name);
  if (steps.length !== Number(nth)) return;
  process.kill(process.pid, signal);
  if (signal === 'SIGKILL') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function stepping(name, call) {
  return function (...args) {
    step(name, args);
    return call.apply(this, args);
  };
}

if (isMainThread) {
  const file = await fs.promises.open('/dev/null');
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  for (const name of CALLS) {
    fs.promises[name] = stepping(name, fs.promises[name]);
    fs[`${name}Sync`] = stepping(`${name}Sync`, fs[`${name}Sync`]);
  }
  for (const name of SYNC_CALLS) fs[name] = stepping(name, fs[name]);
  for (const name of FILE_CALLS) prototype[name] = stepping(name, prototype[name]);
  syncBuiltinESMExports();
  process.on('exit', () => {
    const log = openSync(logFile, 'w');
    writeFileSync(log, steps.join('\n'));
    closeSync(log);
  });
}
