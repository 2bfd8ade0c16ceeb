import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { generateCa, issueServerCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import { startShop } from './start-fleet.js';

const TAKEN = /"pki\.certificates_loaded"/;

/** The serial number that a listener shows. */
async function shownAt(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerX509Certificate() ?? {};
  socket.destroy();
  return serialNumber;
}

t.test("the server's certificate changes while it runs", async (t) => {
  const { fleet, whenIs } = await startShop(t);
  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1');
  await agent.says(/info run ended/);
  const follows = async (value: string) => {
    await fleet.setSecret('shop/password', value);
    await whenIs(value);
  };
  const ports = [Number(fleet.grpcAddress.split(':')[1]), Number(new URL(fleet.url()).port)];
  const shown = () => Promise.all(ports.map(shownAt));
  const file = (name: string) => join(fleet.home, 'tls', name);
  const inFile = () => new X509Certificate(readFileSync(file('cert'))).serialNumber;

  await t.test('a new one of the same CA is shown on both ports, and the agent goes on', async (t) => {
    const before = inFile();
    t.same(await shown(), [before, before]);
    const from = fleet.server.said.length;
    await fleet.vigocli('pki', 'renew-server', '--san', 'vigo.example.org');
    await fleet.server.says(TAKEN, from);
    t.not(inFile(), before);
    t.same(await shown(), [inFile(), inFile()]);
    t.match(new X509Certificate(readFileSync(file('cert'))).subjectAltName, /vigo\.example\.org/);
    t.match((await fleet.audit('pki.certificates_loaded')).at(-1), { subject: file('cert'), outcome: 'done' });
    await follows('second');
    t.notMatch(agent.said, /check-in failed/);
    t.equal((await fleet.vigocli('envoys', 'list')).code, 0, 'vigocli reaches it, too');
  });

  await t.test('a certificate without its key is not used, and that is said', async (t) => {
    const [cert, key, before] = [readFileSync(file('cert')), readFileSync(file('key')), inFile()];
    const ca = {
      certificatePem: readFileSync(file('ca'), 'utf8'),
      key: createPrivateKey(readFileSync(file('ca_key'))),
    };
    const next = issueServerCertificate({ ca, names: [], days: 5, clock: systemClock });
    let from = fleet.server.said.length;
    writeFileSync(file('cert'), next.certificatePem);
    const [line] = await fleet.server.says(/.*"watch\.certificates_failed".*\n/, from);
    t.match(line, /does not belong to the certificate/);
    t.same(await shown(), [before, before]);
    from = fleet.server.said.length;
    writeFileSync(file('key'), pemOf(next.key));
    await fleet.server.says(TAKEN, from);
    t.same(await shown(), [inFile(), inFile()]);
    from = fleet.server.said.length;
    writeFileSync(file('cert'), cert);
    writeFileSync(file('key'), key);
    await fleet.server.says(TAKEN, from);
  });

  await t.test("another CA's certificate is not used", async () => {
    const stranger = generateCa({ commonName: 'Vigo CA', days: 5, clock: systemClock });
    const { certificatePem, key: strangersKey } = issueServerCertificate({
      ca: stranger,
      names: [],
      days: 5,
      clock: systemClock,
    });
    const [cert, key] = [readFileSync(file('cert')), readFileSync(file('key'))];
    const from = fleet.server.said.length;
    writeFileSync(file('cert'), certificatePem);
    writeFileSync(file('key'), pemOf(strangersKey));
    await fleet.server.says(/"watch\.certificates_failed".*is not signed by this CA/, from);
    writeFileSync(file('cert'), cert);
    writeFileSync(file('key'), key);
  });

  await t.test('all four replaced by force: new ones enroll at once', async (t) => {
    t.equal(await agent.end(), 0, agent.said);
    const from = fleet.server.said.length;
    await fleet.vigocli('secrets', 'generate-certs', '--force');
    await fleet.server.says(TAKEN, from);
    t.same(await shown(), [inFile(), inFile()]);
    await fleet.enroll('web-2');
    t.equal((await fleet.vigo('web-2', 'run', '--once')).code, 0);
    const old = await fleet.vigo('web-1', 'run', '--once');
    t.not(old.code, 0, 'who pins the old CA has to enroll again');
    const tokenFile = await fleet.makeToken('web-1');
    t.equal((await fleet.vigo('web-1', 'enroll', '--again', ...fleet.enrollArgs('web-1', tokenFile))).code, 0);
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
  });
});
