import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { adoptSettings, parseSettings } from '../../lib/settings/index.js';
import { SecretsTwin } from '../secrets-twin.js';

const read = async (text: string) =>
  (await parseSettings(text, 'server.yaml')).resolve(homePaths('/srv/vigo'), new SecretsTwin());

t.test('says which fields apply at once and which need a restart', async (t) => {
  const before = await read('');
  const same = adoptSettings(before, await read('# nothing'));
  t.same(same.settings, before);
  t.same(same.change, { applied: [], needsRestart: [] });
  const { settings, change } = adoptSettings(
    before,
    await read(`
server: { grpc_listen: ":1", api_listen: ":2", log_level: debug, tls: { key: /k } }
database: { dsn: /d }
secrets: { secrets_dir: /s }
checkin: { interval: 5m }
envoys: { certificate_ttl: 1d, recovery_window: 2d, on_fork: audit, resolves_per_hour: 7 }
`),
  );
  t.same(change.applied, [
    'server.log_level',
    'checkin.interval',
    'envoys.certificate_ttl',
    'envoys.recovery_window',
    'envoys.on_fork',
    'envoys.resolves_per_hour',
  ]);
  t.same(change.needsRestart, [
    'server.grpc_listen',
    'server.api_listen',
    'server.tls',
    'database.dsn',
    'secrets.secrets_dir',
    'secrets.key_file',
  ]);
  t.match(settings, { logLevel: 'debug', checkinIntervalMs: 300_000, onFork: 'audit', resolvesPerHour: 7 });
  t.match(settings, { grpcListen: before.grpcListen, databasePath: before.databasePath, tls: before.tls });
});
