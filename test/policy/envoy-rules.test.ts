import t from 'tap';
import { parseHostName } from '../../lib/base/index.js';
import { matchRule } from '../../lib/policy/index.js';
import { stacksOf } from './kit.js';

t.test('the first rule that matches a host name', async (t) => {
  const { rules } = await stacksOf({
    'envoys.vgo':
      'envoys:\n' +
      ['web-1', 'WEB-*', 'db-?', '*.example.org']
        .map((glob) => `  - { match: "${glob}", configcrates: [] }\n`)
        .join(''),
  });
  for (const [host, expected] of [
    ['web-1', 'web-1'],
    ['web-2', 'web-*'],
    ['Web-1', 'web-1'],
    ['db-1', 'db-?'],
    ['db-10', undefined],
    ['db-10.example.org', '*.example.org'],
    ['example.org', undefined],
  ] as const) {
    t.equal(matchRule(rules, parseHostName(host))?.match, expected, host);
  }
});
