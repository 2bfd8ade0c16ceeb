import { readFileSync } from 'node:fs';
import t from 'tap';
import { coreInfo, loadAes256Gcm, loadSha256 } from '../../lib/crypto/index.js';

function installedVersion(name: string): string {
  const url = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}

t.test('it says what was loaded, and loads nothing', async (t) => {
  t.strictSame(coreInfo().loaded, []);
  t.equal(coreInfo().kernel, undefined);
  const aes = await loadAes256Gcm();
  await loadSha256();
  t.strictSame(coreInfo().loaded, ['AES-256-GCM', 'SHA-256']);
  t.strictSame(coreInfo().kernel, aes.kernel);
});

t.test('the versions of the libraries are those that are installed', async (t) => {
  for (const [name, version] of Object.entries(coreInfo().libraries)) t.equal(version, installedVersion(name));
});
