import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { type PlaceField, placesIn } from '../../lib/settings/index.js';

const HOME = homePaths('/srv/vigo');

t.test('everything has a default, and the key file follows the folder', async (t) => {
  t.same(
    { ...placesIn(HOME, () => undefined) },
    {
      secretsDir: '/srv/vigo/secrets',
      keyFile: '/srv/vigo/secrets/.master.key',
      databasePath: '/srv/vigo/db/vigo.db',
      tls: {
        ca: '/srv/vigo/tls/ca',
        caKey: '/srv/vigo/tls/ca_key',
        cert: '/srv/vigo/tls/cert',
        key: '/srv/vigo/tls/key',
      },
    },
  );
  const moved: Partial<Record<PlaceField, string>> = { 'secrets.secrets_dir': '/s', 'server.tls.key': '/k' };
  t.match(
    placesIn(HOME, (field) => moved[field]),
    {
      secretsDir: '/s',
      keyFile: '/s/.master.key',
      tls: { ca: '/srv/vigo/tls/ca', key: '/k' },
    },
  );
});

t.test('a place that nobody asks for may be unknown', async (t) => {
  const places = placesIn(HOME, (field) => {
    if (field === 'database.dsn') throw new RangeError(field);
    return undefined;
  });
  t.equal(places.secretsDir, HOME.secrets);
  t.equal(places.tls.ca, '/srv/vigo/tls/ca');
  t.throws(() => places.databasePath, RangeError);
});
