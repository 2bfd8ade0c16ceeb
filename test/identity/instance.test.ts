import t from 'tap';
import { createInstance } from '../../lib/identity/index.js';

t.test('an instance is 16 bytes, and never the same', async (t) => {
  const instances = Array.from({ length: 8 }, createInstance);
  for (const instance of instances) t.equal(instance.length, 16);
  t.equal(new Set(instances.map((instance) => instance.join())).size, instances.length);
});
