import type { Engine } from './engine.js';
import { loadNoble } from './engines/noble.js';
import { loadNode } from './engines/node.js';
import { loadVigo } from './engines/vigo.js';

/** Whoever can be measured here, this core first. */
export async function loadEngines(): Promise<Engine[]> {
  const noble = await loadNoble();
  return [await loadVigo(), loadNode(), ...(noble === undefined ? [] : [noble])];
}
