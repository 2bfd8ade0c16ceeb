import { createRequire } from 'node:module';
import t from 'tap';
import { connectAgent } from '../../lib/rpc/index.js';
import { ca, envoySide } from './test-rpc.js';

/** The files of gRPC, which is CommonJS, that are loaded. */
function loadedOfGrpc(): number {
  const { cache } = createRequire(import.meta.url);
  return Object.keys(cache).filter((path) => path.includes('grpc-js')).length;
}

t.test('gRPC is loaded by the first channel or server, not by the room', async (t) => {
  t.equal(loadedOfGrpc(), 0);
  const channel = await connectAgent({ address: '127.0.0.1:1530', tls: { ...envoySide, caPem: ca.certificatePem } });
  channel.close();
  t.not(loadedOfGrpc(), 0);
});
