import t from 'tap';
import { networkOf } from '../../lib/server/abuse/network.js';

t.test('an IPv4 address is itself, also where it comes mapped into IPv6', async (t) => {
  t.equal(networkOf('192.0.2.1'), '192.0.2.1');
  t.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  t.not(networkOf('192.0.2.1'), networkOf('192.0.2.2'));
});

t.test('an IPv6 address is its /64, however it is spelled', async (t) => {
  const network = '2001:db8:0:7::/64';
  for (const address of [
    '2001:db8:0:7::1',
    '2001:DB8::7:0:0:0:9',
    '2001:0db8:0000:0007:ffff:ffff:ffff:ffff',
    '2001:db8:0:7::',
  ]) {
    t.equal(networkOf(address), network, address);
  }
  t.not(networkOf('2001:db8:0:8::1'), network);
  t.equal(networkOf('::1'), '0:0:0:0::/64');
  t.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
});

t.test('what is no address stays what it is', async (t) => {
  t.equal(networkOf('somewhere'), 'somewhere');
  t.equal(networkOf('::ffff:999.1.1.1'), '::ffff:999.1.1.1');
});
