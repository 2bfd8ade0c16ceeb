import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { filesBelow, root } from './source-graph.js';

/** What holds a key in this code, by the names that it has. */
const KEY = String.raw`(?:\w*[sS]eed|secretKey|masterKeys?|privateKey|kemSecret|sharedSecret)\b`;
/** Whatever makes a string of bytes: it can't be wiped, and nobody knows how often it was copied. */
const AS_STRING = [
  new RegExp(String.raw`\b(?:toHex|toBase64Url|fromUtf8|String)\((?:\w+\.)*(?:${KEY}|\w+\.expose\(\))`),
  new RegExp(String.raw`\b(?:${KEY}|expose\(\))\.(?:toString|toBase64|toHex)\(`),
  new RegExp(String.raw`Buffer\.from\((?:\w+\.)*${KEY}\)\.toString\(`),
  new RegExp(String.raw`\$\{(?:\w+\.)*${KEY}\}`),
  /\w*[kK]eyPem\??: string\b/,
];
/** What Node exports as PEM is a string. There is one file that reads PEM, and writes it itself. */
const PEM = /format: 'pem'/;
const READS_PEM = ['lib/base/bytes/private-key-pem.ts'];
/** A setting of server.yaml is text, and may come from the vault. */
const MAY_BE_TEXT = ['lib/settings/written-settings.ts'];

const lines = filesBelow('lib', '.ts')
  .filter((file) => !file.startsWith('lib/gen/'))
  .flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((line) => ({ file, line })),
  );

t.test('the patterns find what they are for', async (t) => {
  for (const line of [
    'log(toHex(seed))',
    'const text = toBase64Url(fresh.secretKey);',
    'fromUtf8(value.expose())',
    "const hex = privateKey.toString('hex');",
    "Buffer.from(masterKey).toString('base64')",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what it looks for
    'throw new Error(`no such key ${seed}`)',
    'readonly keyPem: string;',
  ]) {
    t.ok(makesString(line), line);
  }
  for (const line of [
    'toHex(signer.publicKey)',
    'paths.signingSeed',
    'const { privateKey } = pair;',
    'caPem: string;',
  ]) {
    t.notOk(makesString(line), line);
  }
});

t.test('no key becomes a string', async (t) => {
  t.ok(lines.length > 10_000);
  const found = lines.filter(({ file, line }) => makesString(line) && !MAY_BE_TEXT.includes(file));
  t.same(found, []);
  const pem = lines.filter(({ line }) => PEM.test(line)).map(({ file }) => file);
  t.same(pem, READS_PEM);
});

function makesString(line: string): boolean {
  return AS_STRING.some((pattern) => pattern.test(line));
}
