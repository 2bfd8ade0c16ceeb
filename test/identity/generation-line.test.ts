import t from 'tap';
import { confirmGeneration, judgeGeneration, NO_GENERATIONS, nextGeneration } from '../../lib/identity/index.js';

t.test('what a quoted generation means', async (t) => {
  const line = { issued: 30, quoted: 20 };
  for (const [quoted, verdict] of [
    [0, 'forked'],
    [19, 'forked'],
    [20, 'behind'],
    [25, 'forked'],
    [30, 'newest'],
    [31, 'ahead'],
  ] as const) {
    t.equal(judgeGeneration(line, quoted), verdict, String(quoted));
  }
  t.equal(judgeGeneration(NO_GENERATIONS, 0), 'newest', 'an envoy that was never handed any');
  t.equal(judgeGeneration({ issued: 30, quoted: 0 }, 0), 'behind', 'the first answer was lost');
  t.equal(judgeGeneration({ issued: 30, quoted: 30 }, 30), 'newest');
});

t.test('confirmed, and handed out', async (t) => {
  t.same(confirmGeneration({ issued: 30, quoted: 20 }, 30), { issued: 30, quoted: 30 });
  t.same(confirmGeneration({ issued: 30, quoted: 20 }, 40), { issued: 40, quoted: 40 }, 'healed');
  t.same(nextGeneration({ issued: 30, quoted: 20 }, 1000), { issued: 1000, quoted: 20 });
  t.same(nextGeneration({ issued: 30, quoted: 20 }, 7), { issued: 31, quoted: 20 }, 'a clock that fell back');
});
