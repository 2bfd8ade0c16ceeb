import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { whenChanged } from './file-events.js';
import { type ProgramFolders, ThrowAwayFleet } from './fleet.js';

/** The folder of the programs of this version. */
export const DIST: string = fileURLToPath(new URL('../../dist', import.meta.url));

/** A fleet for the time of a test. */
export async function startFleet(
  t: Test,
  env: Record<string, string> = {},
  programs: string | ProgramFolders = DIST,
): Promise<ThrowAwayFleet> {
  const fleet = await ThrowAwayFleet.start(programs, env);
  t.teardown(() => fleet.stop());
  return fleet;
}

/** A fleet in which every machine keeps one file, whose content is the secret `shop/password`: at first `first`. */
export async function startShop(t: Test, env: Record<string, string> = {}): Promise<Shop> {
  const fleet = await startFleet(t, env);
  const target = join(fleet.root, 'target');
  const file = join(target, 'shop.ini');
  mkdirSync(target);
  await fleet.setSecret('shop/password', 'first');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${file}, content: "secret:shop/password" }
`,
  });
  const whenIs = (value: string) => whenChanged(target, `the file with ${value}`, () => holds(file, value));
  return { fleet, file, whenIs };
}

export interface Shop {
  readonly fleet: ThrowAwayFleet;
  readonly file: string;
  /** Resolves when the file is there and holds a value. */
  readonly whenIs: (value: string) => Promise<void>;
}

function holds(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}
