import t from 'tap';
import { type GuardedAction, makeGuard } from '../../lib/guard/index.js';

const guard = makeGuard(['/srv/vigo', '/etc/vigo-envoy', '/var/lib/vigo/']);
const rules = (action: GuardedAction) => guard.inspect(action).map(({ rule }) => rule);

t.test('paths that a resource may and may not write', async (t) => {
  for (const path of ['/srv/vigo', '/srv/vigo/secrets/a', '/var/lib/vigo/x', '/etc//vigo-envoy/../vigo-envoy/key']) {
    t.same(rules({ kind: 'write', path }), ['vigo_path'], path);
  }
  for (const path of ['/srv', '/srv/vigo.bak', '/srv/vigor/x', '/etc/app.ini', '/']) {
    t.same(rules({ kind: 'write', path }), [], path);
  }
});

t.test('removing takes what lies below along', async (t) => {
  t.same(rules({ kind: 'remove', path: '/srv/vigo/db' }), ['vigo_path']);
  t.same(rules({ kind: 'remove', path: '/srv' }), ['vigo_path', 'system_root']);
  t.same(rules({ kind: 'remove', path: '/' }), ['vigo_path', 'system_root']);
  t.same(rules({ kind: 'remove', path: '/usr' }), ['system_root']);
  t.same(rules({ kind: 'remove', path: '/srv/app' }), []);
});

t.test('a guard without paths of its own still knows the system', async (t) => {
  const bare = makeGuard([]);
  t.same(bare.inspect({ kind: 'write', path: '/srv/vigo/x' }), []);
  t.same(bare.inspect({ kind: 'command', command: 'cat /srv/vigo/x' }), []);
  t.equal(bare.inspect({ kind: 'remove', path: '/etc' })[0]?.rule, 'system_root');
});

t.test('a command is given as text or as arguments', async (t) => {
  t.same(rules({ kind: 'command', command: 'rm -rf /usr' }), ['system_root']);
  t.same(rules({ kind: 'command', command: ['rm', '-rf', '/usr'] }), ['system_root']);
  // As an argument of echo in one word it is text.
  t.same(rules({ kind: 'command', command: ['echo', 'rm -rf /usr'] }), []);
  t.same(rules({ kind: 'command', command: ['sh', '-c', 'rm -rf /usr'] }), ['system_root']);
});

t.test('a finding says what to do instead', async (t) => {
  const [found] = guard.inspect({ kind: 'command', command: 'systemctl stop vigo' });
  t.ok(found?.message && found.hint);
});
