import t from 'tap';
import { summary } from '../../lib/agent/converge/summary.js';
import type { ResourceOutcome } from '../../lib/wire/index.js';

t.test('outcomes are counted', async (t) => {
  const result = (outcome: ResourceOutcome) => ({
    configcrate: 'web',
    resource: 'it',
    type: 'file',
    outcome,
    message: '',
    durationMs: 0,
  });
  t.equal(summary([]), 'no resources');
  t.equal(summary([result('unchanged'), result('would_change'), result('unchanged')]), '2 unchanged, 1 would change');
});
