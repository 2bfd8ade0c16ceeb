import { dirname } from 'node:path';
import t from 'tap';
import { filesBelow, readImports } from './source-graph.js';

const FOLDER = 'test/system/second-client';

t.test('the second client has nothing of the first', async (t) => {
  t.ok(filesBelow(FOLDER, '.ts').length > 1);
  const strangers = readImports(FOLDER).filter(
    ({ to }) =>
      to === undefined || !(to.startsWith('node:') || to.startsWith('@noble/post-quantum/') || dirname(to) === FOLDER),
  );
  t.same(strangers, []);
});
