import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { parseSettings, SettingsError } from '../../lib/settings/index.js';
import { SecretsTwin } from '../secrets-twin.js';

const HOME = homePaths('/srv/vigo');

async function settings(text: string, secrets = new SecretsTwin()) {
  return (await parseSettings(text, 'server.yaml')).resolve(HOME, secrets);
}

/** The error of a file, and that it names the right place, like `3:1`. */
async function refuses(
  text: string,
  place: string,
  code = 'bad_settings',
  secrets = new SecretsTwin(),
): Promise<SettingsError> {
  const error = await settings(text, secrets).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof SettingsError, text);
  t.match(error, { code, message: new RegExp(`^server\\.yaml:${place}: `) }, text);
  return error as SettingsError;
}

t.test('everything has a default', async (t) => {
  for (const text of ['', '# nothing\n', '{}', 'server: {}\n']) {
    t.same(
      await settings(text),
      {
        grpcListen: '0.0.0.0:1530',
        apiListen: '0.0.0.0:8443',
        logLevel: 'info',
        tls: {
          ca: '/srv/vigo/tls/ca',
          caKey: '/srv/vigo/tls/ca_key',
          cert: '/srv/vigo/tls/cert',
          key: '/srv/vigo/tls/key',
        },
        databasePath: '/srv/vigo/db/vigo.db',
        secretsDir: '/srv/vigo/secrets',
        keyFile: '/srv/vigo/secrets/.master.key',
        checkinIntervalMs: 60_000,
        onFork: 'quarantine',
        resolvesPerHour: 240,
        certificateTtlMs: 30 * 86_400_000,
        recoveryWindowMs: 90 * 86_400_000,
      },
      text,
    );
  }
});

t.test('what is written counts; the key file follows the folder', async (t) => {
  t.match(
    await settings(
      'server: {grpc_listen: "[::1]:1", tls: {key: /k}}\nsecrets: {secrets_dir: /s}\ndatabase: {dsn: /d}\ncheckin: {interval: 5m}\n',
    ),
    { grpcListen: '[::1]:1', tls: { key: '/k' }, secretsDir: '/s', keyFile: '/s/.master.key', databasePath: '/d' },
  );
  t.match(await settings('secrets: {secrets_dir: /s, key_file: /k}'), { keyFile: '/k' });
});

t.test('errors name the line', async (t) => {
  await refuses('server:\n  grpc_listen: "127.0.0.1:1"\n  grpc_lissen: x\n', '3:3');
  await refuses('server: {}\nsrever: {}\n', '2:1');
  await refuses('server:\n  tls:\n    # a comment\n    ca: relative\n', '4:5');
  await refuses('server:\n  api_listen: 8443\n', '2:3');
  await refuses('server:\n  api_listen: "127.0.0.1:65536"\n', '2:3');
  await refuses('server:\n  api_listen: "no port"\n', '2:3');
  await refuses('checkin:\n\n  interval: 5 minutes\n', '3:3');
  await refuses('database:\n  driver: oracle\n', '2:3');
  await refuses('server: text\n', '1:1');
  const list = await refuses('- a\n- b\n', '1:1');
  t.match(list, { message: /the file holds no settings$/, hint: /a section like server:/ });
});

t.test('what is not plain YAML', async () => {
  await refuses('server:\n  tls: [\n', '3:1');
  await refuses('server:\n  api_listen: "a:1"\n  api_listen: "a:2"\n', '3:3');
  await refuses('database: &a {}\nserver: *a\n', '2:9');
  await refuses('a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n', '2:8');
  await refuses('server: !!js/function "x"\n', '1:9');
});

t.test('a field may be a ref to a secret', async (t) => {
  const secrets = new SecretsTwin({ 'server/listen': '127.0.0.1:99', 'paths/key': '/run/key' });
  const text = 'server:\n  api_listen: secret:server/listen\n  tls:\n    key: secret:paths/key\n';
  t.match(await settings(text, secrets), { apiListen: '127.0.0.1:99', tls: { key: '/run/key', ca: `${HOME.tls}/ca` } });
  for (const secret of secrets.opened) t.throws(() => secret.expose(), TypeError, 'disposed of');
});

t.test('a ref that can not be used names field, line and key', async (t) => {
  const text = 'server:\n  api_listen: secret:a/b\n';
  const missing = await refuses(text, '2:3', 'missing_secret');
  t.match(missing, { message: /server\.api_listen.* a\/b$/, hint: /secrets set raw a\/b/ });
  t.match(await refuses(text, '2:3', 'missing_secret', new SecretsTwin({ 'a/b': Uint8Array.of(0xff) })), {
    message: /a\/b/,
  });
  await refuses('server:\n  api_listen: "secret:a//b"\n', '2:3');
  await refuses('server:\n  api_listen: "secret:"\n', '2:3');
});

t.test('the error of a value from the vault does not quote it', async (t) => {
  const secrets = new SecretsTwin({ 'a/b': 'HIDDEN' });
  for (const text of ['checkin:\n  interval: secret:a/b\n', 'server:\n  api_listen: secret:a/b\n']) {
    const error = await refuses(text, '2:3', 'bad_settings', secrets);
    t.notMatch(JSON.stringify([error.message, error.hint]), /HIDDEN/);
    t.match(error.message, 'secret:a/b');
  }
});

t.test('where the secrets lie is no secret, and other errors are found before the vault is opened', async () => {
  await refuses('secrets:\n  secrets_dir: secret:a/b\n', '2:3');
  const text = 'server:\n  api_listen: secret:a/b\n  bogus: 1\n';
  await t.rejects(parseSettings(text, 'server.yaml'), { name: 'SettingsError', code: 'bad_settings' });
});

t.test('places, for who opens no secrets', async (t) => {
  const text = 'secrets: {secrets_dir: /s}\nserver:\n  tls:\n    ca: /ca\n    key: secret:a/b\n';
  const written = await parseSettings(text, 'server.yaml');
  t.equal(written.place('secrets.secrets_dir'), '/s');
  t.equal(written.place('server.tls.ca'), '/ca');
  t.equal(written.place('database.dsn'), undefined);
  t.throws(() => written.place('server.tls.key'), { name: 'SettingsError', code: 'hidden_place', message: /:5:5: / });
  t.same(written.refs, ['a/b']);
});

t.test('what happens at a fork', async (t) => {
  t.match(await settings('envoys:\n  on_fork: audit\n'), { onFork: 'audit' });
  await refuses('envoys:\n  on_fork: ignore\n', '2:3');
  t.match(await settings('envoys:\n  resolves_per_hour: 60\n'), { resolvesPerHour: 60 });
  await refuses('envoys:\n  resolves_per_hour: 0\n', '2:3');
});

t.test("quotes nothing of a file that is somebody else's", async (t) => {
  for (const text of [
    'root:$6$CANARY:19000:0:99999:7:::\n',
    'root:$6$CANARY:19000:0:99999:7:::\ndaemon:*:1:2\n',
    'CANARY: 1\n',
    'database:\n  CANARY: 1\n',
    'a: *CANARY\n',
    'a: &CANARY x\nb: *CANARY\n',
    'a: !CANARY x\n',
    '!CANARY x\n',
    '%CANARY\n',
    'a: "\\CANARY"\n',
    'CANARY: secret:a//b\n',
    'a: secret:CANARY//b\n',
    'server:\n  api_listen: secret:CANARY//b\n',
    'server:\n  api_listen: CANARY\n',
    'checkin:\n  interval: CANARY\n',
    'envoys:\n  on_fork: CANARY\n',
    'envoys:\n  resolves_per_hour: CANARY\n',
    'database:\n  dsn: CANARY\n',
    'database:\n  driver: CANARY\n',
    'server:\n  log_level: CANARY\n',
    '- CANARY\n',
    '-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n',
    '{ "key": "CANARY" }',
    'CANARY\n---\nCANARY\n',
  ]) {
    const error = await refuses(text, '\\d+:\\d+');
    t.notMatch([error.message, error.hint].join(), /CANARY|root|daemon/, text);
  }
  t.match((await refuses('database:\n  dns: /x\n', '2:3')).hint, /did you mean dsn/);
});
