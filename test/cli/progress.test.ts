import t from 'tap';
import { describeProgress } from '../../lib/cli/console/progress.js';

t.test('how far, how fast, how long', (t) => {
  t.equal(describeProgress(0, 1000, 0), '[------------------------]  0 of 1000  0/s');
  t.equal(describeProgress(250, 1000, 2000), '[######------------------]  250 of 1000  125/s  6s left');
  t.equal(describeProgress(1000, 100_000, 2000), '[------------------------]  1000 of 100000  500/s  3m 18s left');
  t.equal(describeProgress(1, 10_000, 1000), '[------------------------]  1 of 10000  1/s  2h 46m left');
  t.equal(describeProgress(3, 3, 1000), '[########################]  3 of 3  3/s  0s left');
  t.equal(describeProgress(0, 0, 0), '[########################]  0 of 0  0/s');
  t.end();
});
