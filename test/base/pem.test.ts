import t from 'tap';
import { splitPem } from '../../lib/base/index.js';
import { makeCa, makeServer, pemOf } from '../pki/test-pki.js';

const ca = makeCa();
const server = makeServer(ca);

t.test('a PEM file is split into its certificates, whatever stands around them', async (t) => {
  const bundle = `# ours\r\n${ca.certificatePem}${pemOf(ca.key)}\n${server.certificatePem.trimEnd()}`;
  t.same(splitPem(bundle), [ca.certificatePem, server.certificatePem]);
  t.same(splitPem(pemOf(ca.key)), []);
  t.same(splitPem(''), []);
});
