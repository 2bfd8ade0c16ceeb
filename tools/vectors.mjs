// Writes the NIST vectors of test/vectors/crypto anew, from the Debian package that carries them:
//   apt-get download python3-cryptography-vectors && dpkg -x python3-cryptography-vectors_*.deb <folder>
//   node tools/vectors.mjs <folder>
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node tools/vectors.mjs <folder that the package was unpacked into>');
const unpacked = join(folder, 'usr/lib/python3/dist-packages/cryptography_vectors');

const encrypt = gcmRecords('gcmEncryptExtIV256.rsp');
const decrypt = gcmRecords('gcmDecrypt256.rsp');

write('aes-256-gcm-cavp-encrypt', {
  source: 'NIST CAVP gcmEncryptExtIV256.rsp (all of [IVlen = 96] [Taglen = 128]), CAVS 14.0',
  vectors: encrypt.filter(isSupported).map(gcmVector),
});
write('aes-256-gcm-cavp-decrypt', {
  source:
    'NIST CAVP gcmDecrypt256.rsp (all of [IVlen = 96] [Taglen = 128]), CAVS 14.0; pt is null where the answer is FAIL',
  vectors: decrypt.filter(isSupported).map(gcmVector),
});
write('aes-256-gcm-cavp-unsupported', {
  source:
    'NIST CAVP gcmEncryptExtIV256.rsp and gcmDecrypt256.rsp, CAVS 14.0: what is left, the first of each [IVlen] [Taglen] [PTlen], the AAD lengths in turn',
  vectors: [...sample(encrypt), ...sample(decrypt)].map(gcmVector),
});
write('sha256-cavp', {
  source: 'NIST CAVP SHA256ShortMsg.rsp and SHA256LongMsg.rsp (all), CAVS 11.0',
  // Of no bytes, the file writes one.
  vectors: ['Short', 'Long'].flatMap((kind) =>
    records(`hashes/SHA2/SHA256${kind}Msg.rsp`).map(({ Len, Msg, MD }) => ({ msg: Len === '0' ? '' : Msg, md: MD })),
  ),
});
const [{ Seed }, ...checkpoints] = records('hashes/SHA2/SHA256Monte.rsp');
write('sha256-cavp-monte', {
  source: 'NIST CAVP SHA256Monte.rsp (the seed and all 100 checkpoints), CAVS 11.1',
  vectors: [{ seed: Seed, md: checkpoints.map(({ MD }) => MD) }],
});
write('hkdf-pyca', {
  source: 'pyca/cryptography KDF/hkdf-generated.txt: made with OpenSSL and checked against an implementation in Go',
  vectors: records('KDF/hkdf-generated.txt').map(({ IKM, salt, info, OKM }) => ({ ikm: IKM, salt, info, okm: OKM })),
});

function gcmRecords(file) {
  return records(`ciphers/AES/GCM/${file}`);
}

function isSupported({ IVlen, Taglen }) {
  return IVlen === '96' && Taglen === '128';
}

/** One record of each IV, tag and text length, so chosen that every AAD length comes with each of them. */
function sample(all) {
  const aadLengths = [...new Set(all.map(({ AADlen }) => AADlen))];
  const groups = new Map();
  for (const each of all) {
    const name = `${each.IVlen} ${each.Taglen} ${each.PTlen}`;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups.values()]
    .filter(([first]) => !isSupported(first))
    .map((group, i) => group.find(({ AADlen }) => AADlen === aadLengths[i % aadLengths.length]));
}

function gcmVector({ Key, IV, AAD, PT, CT, Tag, FAIL }) {
  return { key: Key, iv: IV, aad: AAD, pt: FAIL ? null : PT, ct: CT, tag: Tag };
}

/** The records of a response file: lines `name = value` up to an empty one, below the `[name = value]` of its group. */
function records(file) {
  const found = [];
  let group = {};
  for (const block of readFileSync(join(unpacked, file), 'utf8').split(/(?:\r?\n){2,}/)) {
    const lines = block.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
    const fields = lines.map((line) => /^\[?(\w+)(?: =\s*(.*?))?\]?$/.exec(line));
    const record = Object.fromEntries(fields.map(([, name, value]) => [name, value ?? true]));
    if (lines.every((line) => line.startsWith('['))) group = { ...group, ...record };
    else found.push({ ...group, ...record });
  }
  return found;
}

function write(name, { source, vectors }) {
  const lines = vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n');
  const file = new URL(`../test/vectors/crypto/${name}.json`, import.meta.url);
  writeFileSync(file, `{\n "source": ${JSON.stringify(source)},\n "vectors": [\n${lines}\n ]\n}\n`);
}
