import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { generateCa, issueServerCertificate, type KeyedCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import { redirect } from './interceptor.js';
import { startFleet } from './start-fleet.js';

const OPENSSL_CONF = `
nodejs_conf = main
openssl_conf = main
[main]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
Ciphersuites = TLS_AES_128_CCM_8_SHA256
VerifyMode = Request
`;

/** Every variable that makes Node, OpenSSL or gRPC trust more, take an older protocol, another way, or tell keys. */
function weakening(dir: string, rogueCaPem: string, proxy: string): Record<string, string> {
  const rogue = join(dir, 'rogue.pem');
  writeFileSync(rogue, rogueCaPem);
  writeFileSync(join(dir, 'openssl.cnf'), OPENSSL_CONF);
  const proxies = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  return {
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_EXTRA_CA_CERTS: rogue,
    SSL_CERT_FILE: rogue,
    SSL_CERT_DIR: dir,
    NODE_USE_SYSTEM_CA: '1',
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: rogue,
    NODE_OPTIONS:
      '--use-openssl-ca --tls-min-v1.0 --tls-max-v1.2 --tls-cipher-list=TLS_AES_128_CCM_8_SHA256:ALL:@SECLEVEL=0',
    OPENSSL_CONF: join(dir, 'openssl.cnf'),
    GRPC_SSL_CIPHER_SUITES: 'ALL',
    ...Object.fromEntries([...proxies, 'grpc_proxy'].map((name) => [name, proxy])),
    ...{ no_proxy: '', NO_PROXY: '', no_grpc_proxy: '', NODE_USE_ENV_PROXY: '1' },
    SSLKEYLOGFILE: join(dir, 'keys.log'),
    NODE_DEBUG: 'tls,https,http,http2,net',
    ...{ GRPC_TRACE: 'all', GRPC_VERBOSITY: 'DEBUG', GRPC_NODE_TRACE: 'all', GRPC_NODE_VERBOSITY: 'DEBUG' },
  };
}

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

t.test('no environment variable weakens a connection', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'vigo-environment-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  let proxied = 0;
  const proxy = net.createServer((socket) => {
    proxied++;
    socket.destroy();
  });
  const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
  t.teardown(() => proxy.close());
  const rogue = generateCa({ commonName: 'Vigo CA', days: 1, clock: systemClock });
  const fleet = await startFleet(t, weakening(dir, rogue.certificatePem, proxyUrl));
  await fleet.publish({ 'envoys.vgo': 'envoys: []\n' });
  await fleet.enroll('web-1');
  t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0, 'the programs find each other as always');
  t.equal(proxied, 0, 'and no proxy is asked');

  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const ca: KeyedCertificate = { certificatePem: read('ca'), key: createPrivateKey(read('ca_key')) };
  const { certificatePem, key } = issueServerCertificate({ ca: rogue, names: [], days: 1, clock: systemClock });
  const impostors: Record<string, tls.TlsOptions> = {
    'a certificate of another CA': { cert: certificatePem, key: pemOf(key) },
    'the true certificate, over TLS 1.2': { cert: read('cert'), key: read('key'), maxVersion: 'TLSv1.2' },
    'the true certificate, with a cipher that authenticates by 64 bits': {
      ...{ cert: read('cert'), key: read('key') },
      ciphers: 'TLS_AES_128_CCM_8_SHA256',
    },
  };
  const tokenFile = await fleet.makeToken('web-2');
  const secrets = [join(fleet.home, 'run', 'local-admin.token'), tokenFile].map((path) =>
    readFileSync(path, 'utf8').trim(),
  );
  const apiJson = join(fleet.home, 'run', 'api.json');
  const api = JSON.parse(readFileSync(apiJson, 'utf8'));

  for (const [what, options] of Object.entries(impostors)) {
    await t.test(`an impostor with ${what} is told nothing`, async (t) => {
      let heard = '';
      const server = tls.createServer({ ALPNProtocols: ['h2', 'http/1.1'], ...options }, (socket) => {
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
          heard += bytes.toString('latin1');
          socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}');
        });
      });
      const port = await listening(server);
      t.teardown(() => server.close());
      const url = `https://localhost:${port}`;
      writeFileSync(apiJson, JSON.stringify({ ...api, url }));
      t.not((await fleet.run('vigocli', ['envoys', 'list'])).code, 0, 'vigocli');
      t.equal(heard, '', 'vigocli says nothing');
      await redirect(fleet, 'web-1', `localhost:${port}`);
      t.not((await fleet.vigo('web-1', 'run', '--once')).code, 0, 'vigo run');
      t.equal(heard, '', 'vigo run says nothing');
      // Its first question carries nothing and trusts nothing: the token pins the CA that the answer must prove.
      t.not((await fleet.tryEnroll('web-2', tokenFile, url)).code, 0, 'vigo enroll');
      for (const secret of secrets) t.notOk(heard.includes(secret), 'no token');
    });
  }
  writeFileSync(apiJson, JSON.stringify(api));

  await t.test('the server takes TLS 1.3 and its own envoys alone', async (t) => {
    const { hostname, port } = new URL(api.url);
    const connects = (options: tls.ConnectionOptions) =>
      new Promise<boolean>((resolve) => {
        const socket = tls.connect({ host: hostname, ca: ca.certificatePem, servername: 'localhost', ...options });
        socket.once('error', () => resolve(false)).once('close', () => resolve(false));
        socket.once('secureConnect', () => {
          resolve(true);
          socket.destroy();
        });
      });
    const [grpcPort] = fleet.grpcAddress.split(':').reverse();
    for (const each of [Number(port), Number(grpcPort)]) {
      t.equal(await connects({ port: each, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), false, 'TLS 1.2');
      t.equal(await connects({ port: each, ciphers: 'TLS_AES_128_CCM_8_SHA256' }), false, 'CCM_8');
    }
    t.equal(await connects({ port: Number(port) }), true, 'TLS 1.3');
  });

  t.notOk(existsSync(join(dir, 'keys.log')), 'no key is written');
  const [adminToken = ''] = secrets;
  t.notOk(
    fleet.printed.some((text) => text.includes(adminToken)),
    'no token is printed',
  );
});

t.test('a program that is told to write the keys of its connections ends before it has one', async (t) => {
  const dir = t.testdir();
  for (const program of ['vigo', 'vigocli', 'vigosrv']) {
    const path = fileURLToPath(new URL(`../../dist/${program}.mjs`, import.meta.url));
    for (const option of ['--tls-keylog', '--tls_keylog']) {
      const env = { ...process.env, NODE_OPTIONS: `${option}=${join(dir, 'keys')}`, VIGO_HOME: join(dir, 'none') };
      const args = program === 'vigosrv' ? [] : ['status'];
      const stderr = await new Promise<string>((resolve) => {
        execFile(process.execPath, [path, ...args], { env }, (error, _, text) => resolve(`${error?.code} ${text}`));
      });
      t.match(stderr, /^1 (.*\n)*error: --tls-keylog /, program);
    }
  }
});
