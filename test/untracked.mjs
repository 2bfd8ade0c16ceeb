import processOnSpawn from 'process-on-spawn';

// tap follows the processes that a test starts: it adds a loader to their NODE_OPTIONS, in which a program with
// threads, limits or an environment of its own isn't the program any more. Here they run as they do elsewhere.
processOnSpawn.removeAllListeners();
for (const name of Object.keys(process.env)) {
  // But for the word that there is no coverage to take, which the threads of a test look for.
  if (name === '_TAPJS_PROCESSINFO_COVERAGE_') continue;
  if (name === 'NODE_OPTIONS' || name.startsWith('_TAPJS_')) delete process.env[name];
}
