// Loaded into a server before its own program: on a signal it collects garbage and says what memory is left in use.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    // What the first collection let go of is freed by the second.
    collectGarbage();
    setImmediate(() => {
      collectGarbage();
      process.stderr.write(`gauge ${JSON.stringify(process.memoryUsage())}\n`);
    });
  });
}
