// The server's gRPC side beside grpc-js alone: vigosrv as it is shipped, and a server that only echoes, each on one processor,
// the client of both on the other.
//   node dist/bench/rpc.mjs [--envoys 1000] [--rounds 7] [--calls 4000] [--node-options "…" of the servers] [part…]

import { createRequire as requireFrom } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printCircumstances } from './measure.js';
import { pin } from './rpc/measured-process.js';
import { parts } from './rpc/parts.js';
import { Stage } from './rpc/stage.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    envoys: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '7' },
    calls: { type: 'string', default: '4000' },
    'node-options': { type: 'string', default: '' },
  },
});
const stranger = positionals.find((name) => !(name in parts));
if (stranger !== undefined) throw new Error(`there is no part ${stranger}: ${Object.keys(parts).join(', ')}`);

/** The bundled programs lie one folder above this bundled file. */
const stage = await Stage.set(fileURLToPath(new URL('..', import.meta.url)), {
  envoys: Number(values.envoys),
  rounds: Number(values.rounds),
  calls: Number(values.calls),
  nodeOptions: values['node-options'],
});
// A server that outlives its client would keep its processor.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stage.clear().then(() => process.exit(1)));
try {
  pin(process.pid, 1);
  printCircumstances(
    { 'grpc-js': requireFrom(import.meta.url)('@grpc/grpc-js/package.json').version },
    `medians of ${values.rounds} alternating rounds; each server on one processor, the client on the other`,
  );
  for (const [name, part] of Object.entries(parts)) {
    if (positionals.length === 0 || positionals.includes(name)) await part(stage);
  }
} finally {
  await stage.clear();
}
