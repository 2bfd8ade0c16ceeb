import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { generateCa, issueServerCertificate } from '../../lib/pki/index.js';
import { readTlsFiles } from '../../lib/server/trust/tls-files.js';
import { pemOf } from '../pki/test-pki.js';

const clock = systemClock;
const ca = generateCa({ commonName: 'test CA', days: 30, clock });
const server = issueServerCertificate({ ca, names: [], days: 10, clock });
const otherCa = generateCa({ commonName: 'test CA', days: 30, clock });
const otherServer = issueServerCertificate({ ca: otherCa, names: [], days: 10, clock });
const GOOD = {
  ca: ca.certificatePem,
  caKey: pemOf(ca.key),
  cert: server.certificatePem,
  key: pemOf(server.key),
};

const read = (files: Partial<typeof GOOD>) => {
  const dir = t.testdir(files);
  return readTlsFiles({
    ca: join(dir, 'ca'),
    caKey: join(dir, 'caKey'),
    cert: join(dir, 'cert'),
    key: join(dir, 'key'),
    trust: join(dir, 'trust'),
  });
};

t.test('four files that belong together', async (t) => {
  const files = await read(GOOD);
  t.equal(files.ca.certificatePem, ca.certificatePem);
  t.equal(files.certificatePem, server.certificatePem);
  t.ok(files.ca.key.equals(ca.key));
  t.ok(files.key.equals(server.key));
});

t.test('a missing one is named', async (t) => {
  for (const name of ['ca', 'caKey', 'cert', 'key'] as const) {
    const { [name]: _, ...rest } = GOOD;
    await t.rejects(read(rest), { code: 'missing_file', message: new RegExp(`/${name}: `) }, name);
  }
});

t.test('what does not belong together, or is something else', async (t) => {
  const refused = { room: 'server', code: 'bad_certificate' };
  await t.rejects(read({ ...GOOD, ca: server.certificatePem }), refused, 'a certificate that is no CA');
  await t.rejects(read({ ...GOOD, caKey: pemOf(server.key) }), refused, "another key than the CA's");
  await t.rejects(read({ ...GOOD, key: pemOf(ca.key) }), refused, "another key than the server's");
  await t.rejects(read({ ...GOOD, key: 'junk' }), refused, 'no key');
  await t.rejects(read({ ...GOOD, cert: 'junk' }), refused, 'no certificate');
  await t.rejects(read({ ...GOOD, cert: GOOD.cert + GOOD.ca }), refused, 'two certificates');
  const { certificatePem: cert, key } = otherServer;
  await t.rejects(read({ ...GOOD, cert, key: pemOf(key) }), refused, 'a certificate of another CA of the same name');
});
