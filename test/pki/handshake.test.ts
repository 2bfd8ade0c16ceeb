import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { issueServerCertificate, type KeyedCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import { DAY_MS, ENVOY_ID, makeCa, makeEnvoy, makeServer, pemOf, TRUST_DOMAIN } from './test-pki.js';

interface Side extends KeyedCertificate {
  /** PEM of the CA that this side trusts. */
  readonly trusts: string;
}

/**
 * One mutual TLS 1.3 handshake on loopback: whom the server saw, told to a client that trusts it; or which of the two
 * refused, and why.
 */
function handshake(server: Side, client: Side, servername = 'localhost'): Promise<string> {
  return new Promise((resolve) => {
    const listener = createServer({ minVersion: 'TLSv1.3', requestCert: true, ...optionsOf(server) });
    listener.on('tlsClientError', (_, socket) => resolve(`server: ${socket.authorizationError}`));
    listener.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      const name = parseEnvoyUri(socket.getPeerCertificate().subjectaltname);
      socket.end(`${socket.getProtocol()} ${name?.trustDomain} ${name?.envoyId}`);
    });
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as AddressInfo;
      const socket = connect({ host: '127.0.0.1', port, servername, ...optionsOf(client) });
      socket.on('data', (text) => resolve(text.toString()));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // An alert, or a connection that is gone, is the server's refusal: the server says why.
        if (!/ALERT|ECONNRESET/.test(error.code ?? '')) resolve(`client: ${error.code}`);
      });
      socket.on('close', () => listener.close());
    });
  });
}

function optionsOf({ certificatePem, key, trusts }: Side) {
  return { cert: certificatePem, key: pemOf(key), ca: trusts };
}

const ca = makeCa();
const rogue = makeCa();
const server = makeServer(ca);
const envoy = makeEnvoy(ca);
const trusts = ca.certificatePem;

t.test('both sides hold what the CA gave them', async (t) => {
  t.equal(await handshake({ ...server, trusts }, { ...envoy, trusts }), `TLSv1.3 ${TRUST_DOMAIN} ${ENVOY_ID}`);
});

t.test('a server of another CA', async (t) => {
  t.equal(
    await handshake({ ...makeServer(rogue), trusts }, { ...envoy, trusts }),
    'client: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  );
});

t.test("a rogue chain with the right CA's certificate appended", async (t) => {
  const leaf = makeServer(rogue);
  for (const chain of [
    [leaf.certificatePem, trusts],
    [leaf.certificatePem, rogue.certificatePem, trusts],
  ]) {
    const outcome = await handshake({ ...leaf, certificatePem: chain.join(''), trusts }, { ...envoy, trusts });
    t.match(outcome, /^client: (UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)$/);
  }
});

t.test('an envoy of another CA', async (t) => {
  const client = makeEnvoy(rogue);
  for (const chain of [client.certificatePem, client.certificatePem + trusts]) {
    const outcome = await handshake({ ...server, trusts }, { ...client, certificatePem: chain, trusts });
    t.equal(outcome, 'server: UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  }
});

t.test('expired certificates', async (t) => {
  const then = { nowMs: () => systemClock.nowMs() - 30 * DAY_MS };
  const old = makeCa(then);
  const oldTrust = old.certificatePem;
  const expiredEnvoy = makeEnvoy(old, then, DAY_MS);
  t.equal(
    await handshake({ ...makeServer(old), trusts: oldTrust }, { ...expiredEnvoy, trusts: oldTrust }),
    'server: CERT_HAS_EXPIRED',
  );
  const expiredServer = issueServerCertificate({ ca: old, names: [], days: 1, clock: then });
  t.equal(
    await handshake({ ...expiredServer, trusts: oldTrust }, { ...makeEnvoy(old), trusts: oldTrust }),
    'client: CERT_HAS_EXPIRED',
  );
});

t.test("an envoy can't play the server, nor the server an envoy", async (t) => {
  t.equal(await handshake({ ...envoy, trusts }, { ...envoy, trusts }), 'client: INVALID_PURPOSE');
  t.equal(await handshake({ ...server, trusts }, { ...server, trusts }), 'server: INVALID_PURPOSE');
});

t.test("a host name that isn't the server's", async (t) => {
  t.equal(
    await handshake({ ...server, trusts }, { ...envoy, trusts }, 'other.example'),
    'client: ERR_TLS_CERT_ALTNAME_INVALID',
  );
});
