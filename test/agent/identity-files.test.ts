import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readTlsFiles, storeIdentity } from '../../lib/agent/held/identity-files.js';
import { agentPaths } from '../../lib/agent/held/paths.js';
import { parseEnvoyId, parseHostName } from '../../lib/base/index.js';
import { NO_HEAD } from '../../lib/wire/index.js';
import { makeCa, makeEnvoy } from '../pki/test-pki.js';

t.test('a damaged CA or certificate is named, and how it comes back without another identity', async (t) => {
  const folder = t.testdir();
  const paths = agentPaths(folder, join(folder, 'state'));
  const ca = makeCa();
  const identity = {
    envoyId: parseEnvoyId('00000000-0000-4000-8000-000000000001'),
    hostName: parseHostName('web-1'),
    trustDomain: 'vigo-test',
    serverAddress: 'localhost:1530',
    httpsAddress: 'localhost:8443',
    serverName: 'localhost',
    policyPublicKey: new Uint8Array(32),
    trustNumber: 0,
    trustHead: NO_HEAD,
  };
  await storeIdentity(paths, identity, { ...makeEnvoy(ca), caPem: ca.certificatePem });
  t.match(await readTlsFiles(paths), { caPem: ca.certificatePem });
  for (const path of [paths.ca, paths.tls]) {
    const good = readFileSync(path);
    for (const bad of [Buffer.of(), good.subarray(0, good.length >> 1), Buffer.alloc(good.length, 0xff)]) {
      writeFileSync(path, bad);
      await t.rejects(readTlsFiles(paths), {
        name: 'AgentError',
        code: 'bad_identity',
        message: new RegExp(`^${path} `),
        hint: /vigo enroll --again/,
      });
    }
    writeFileSync(path, good);
  }
});
