import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { splitPem, systemClock } from '../../lib/base/index.js';
import { IdentityError, pinnedCertificate } from '../../lib/identity/index.js';
import { certificateHash, generateCa } from '../../lib/pki/index.js';

const makeCa = () => generateCa({ commonName: 'Vigo CA', days: 1, clock: systemClock }).certificatePem;
const ca = makeCa();
const rogue = makeCa();
const pin = certificateHash(ca);

t.test('the certificate that the token pins', async (t) => {
  t.equal(pinnedCertificate(ca, pin), ca);
});

t.test('any other one', async (t) => {
  const altered = new X509Certificate(ca).raw.map((byte, i, der) => (i === der.length - 1 ? byte ^ 1 : byte));
  const alteredPem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(altered).toString('base64')}\n-----END CERTIFICATE-----\n`;
  for (const pem of [rogue, alteredPem, `${rogue}${ca}`, '', 'hello']) {
    const error = t.throws(() => pinnedCertificate(pem, pin), { code: 'wrong_ca' });
    t.ok(error instanceof IdentityError);
  }
  t.throws(() => pinnedCertificate(ca, pin.subarray(0, 31)), { code: 'wrong_ca' });
});

t.test('a second certificate riding along is left behind', async (t) => {
  t.same(splitPem(pinnedCertificate(`${ca}${rogue}`, pin)), [ca]);
});
