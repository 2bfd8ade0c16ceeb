import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { exchange } from '../../lib/agent/contact/https-exchange.js';
import { chainToJson, MAX_STATEMENTS } from '../../lib/wire/index.js';
import { makeCa, makeServer, pemOf } from '../pki/test-pki.js';

const MAX_STATEMENT_BYTES = 8192;

t.test('the longest part of a chain of trust fits, and no more comes in than that takes', async (t) => {
  const { certificatePem: cert, key } = makeServer(makeCa());
  let answer = '';
  const server = createServer({ cert, key: pemOf(key) }, (_, reply) => reply.end(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const ask = () => exchange({ method: 'GET', url, trust: { unverified: true } });

  const statement = new Uint8Array(MAX_STATEMENT_BYTES);
  const signature = new Uint8Array(64);
  answer = JSON.stringify(chainToJson(Array(MAX_STATEMENTS).fill({ statement, signature, ownSignature: signature })));
  t.equal((await ask()).text, answer);
  answer = 'x'.repeat(128 * 1024 + 1);
  await t.rejects(ask(), { name: 'AgentError', code: 'bad_answer' });
});
