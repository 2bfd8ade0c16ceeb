import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { MIN_REDACTED_BYTES, makeRedactor, utf8 } from '../../lib/base/index.js';

const CANARY = `c4n/ry+é'"\\ $x&=%~!`;

/** How node spells a text in a longer one. */
const spellings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
  encodeURIComponent,
  encodeURI,
  'lower-case percent': (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  form: (text) => new URLSearchParams({ '': text }).toString().slice(1),
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'single quotes': (text) => text.replaceAll("'", "'\\''"),
};

const text = fc.string({ unit: 'binary', maxLength: 20 });
const textValue = fc.string({ unit: 'binary', minLength: MIN_REDACTED_BYTES, maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 20 });
const bytesValue = fc.uint8Array({ minLength: MIN_REDACTED_BYTES, maxLength: 60 });

for (const [name, spell] of Object.entries(spellings)) {
  t.test(`in any text: ${name}`, async () => {
    fc.assert(
      fc.property(text, textValue, text, (before, value, after) => {
        const redacted = makeRedactor([utf8(value)])(spell(before + value + after));
        return redacted.includes('[secret]') && (!redacted.includes(spell(value)) || '[secret]'.includes(spell(value)));
      }),
    );
  });
}

t.test('in any bytes: hexadecimal and latin1', async () => {
  fc.assert(
    fc.property(bytes, bytesValue, bytes, fc.constantFrom('hex', 'latin1'), (before, value, after, encoding) => {
      const whole = Buffer.concat([before, value, after]).toString(encoding as BufferEncoding);
      const redacted = makeRedactor([value])(whole);
      return !redacted.includes(Buffer.from(value).toString(encoding as BufferEncoding));
    }),
  );
});

t.test('in any bytes: base64, of which only the characters shared with its neighbours are left', async () => {
  fc.assert(
    fc.property(bytes, bytesValue, bytes, fc.constantFrom('base64', 'base64url'), (before, value, after, alphabet) => {
      const whole = Buffer.concat([before, value, after]).toString(alphabet as BufferEncoding);
      // Character i holds the bits from 6i to 6i + 5.
      const first = Math.ceil((before.length * 8) / 6);
      const last = Math.floor(((before.length + value.length) * 8) / 6);
      const left = makeRedactor([value])(whole).split('[secret]');
      return (
        left.length > 1 &&
        (left[0] ?? '').length <= first &&
        (left.at(-1) ?? '').length <= whole.length - last &&
        left.every((piece) => !piece.includes(whole.slice(first, last)))
      );
    }),
    { numRuns: 1000 },
  );
});

t.test('what stands around it is kept', async (t) => {
  const redact = makeRedactor([utf8('hunter22')]);
  t.equal(redact('a hunter22 b'), 'a [secret] b');
  t.equal(redact('hunter22'), '[secret]');
  t.equal(redact('hunter22hunter22'), '[secret][secret]');
  t.equal(redact('nothing here\n'), 'nothing here\n');
  t.equal(redact(''), '');
  t.equal(redact('Hunter22'), 'Hunter22');
});

t.test('as shells print it', async (t) => {
  const script = `
    printf '%q\\n' "$1"; printf '%s\\n' "\${1@Q}"; printf '%q\\n' "$1
"; set -x; : "$1"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', CANARY], {
    encoding: 'utf8',
    env: { LC_ALL: 'C.UTF-8' },
  });
  t.equal(status, 0);
  const redact = makeRedactor([utf8(CANARY)]);
  for (const line of `${stdout}${stderr}`.split('\n').filter((line) => line.includes('c4n'))) {
    t.match(redact(line), '[secret]', line);
    t.notMatch(redact(line), /c4n|%~!/, line);
  }
  const dash = CANARY.replaceAll("'", `'"'"'`);
  const doubleQuoted = CANARY.replaceAll(/["$`\\]/g, '\\$&');
  for (const form of [dash, doubleQuoted]) t.equal(redact(`<${form}>`), '<[secret]>', form);
});

t.test('as JSON in pure ASCII', async (t) => {
  t.equal(makeRedactor([utf8('pässwörd 🔑')])('{"a":"p\\u00e4ssw\\u00f6rd \\ud83d\\udd11"}'), '{"a":"[secret]"}');
});

const CHARS = [...`aZ5 '"\\/&<>+=%$\`\n\t{}[]#;:,.@~^|é€🔑\u2028`];
const charValue = fc.string({ unit: fc.constantFrom(...CHARS), minLength: MIN_REDACTED_BYTES, maxLength: 24 });
const hex = (code: number, length: number) => code.toString(16).padStart(length, '0');
const unitsOf = (char: string, spell: (unit: string) => string) =>
  Array.from({ length: char.length }, (_, i) => spell(hex(char.charCodeAt(i), 4))).join('');
const bytesOf = (char: string, spell: (byte: number) => string) => [...utf8(char)].map(spell).join('');

/** How encoders spell one character; undefined where one has no way of its own for it. */
const CHARACTER_SPELLINGS: Readonly<Record<string, (char: string) => string | undefined>> = {
  'JSON of Go and .NET': (char) => unitsOf(char, (unit) => `\\u${unit}`),
  'JSON of .NET, upper case': (char) => unitsOf(char, (unit) => `\\u${unit.toUpperCase()}`),
  'JSON of PHP': (char) => (char === '/' ? '\\/' : undefined),
  'JSON in JSON': (char) => JSON.stringify(JSON.stringify(char).slice(1, -1)).slice(1, -1),
  'code points': (char) => `\\u{${hex(char.codePointAt(0) ?? 0, 1)}}`,
  'Python and C': (char) => `\\U${hex(char.codePointAt(0) ?? 0, 8)}`,
  'bytes in hexadecimal': (char) => bytesOf(char, (byte) => `\\x${hex(byte, 2)}`),
  'bytes in octal': (char) => bytesOf(char, (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
  LDAP: (char) => bytesOf(char, (byte) => `\\${hex(byte, 2)}`),
  'quoted-printable': (char) => bytesOf(char, (byte) => `=${hex(byte, 2).toUpperCase()}`),
  'quoted-printable, broken': (char) => `=\n${char}`,
  URL: (char) => bytesOf(char, (byte) => `%${hex(byte, 2)}`),
  'URL in a URL': (char) => bytesOf(char, (byte) => `%25${hex(byte, 2).toUpperCase()}`),
  escape: (char) => (char.charCodeAt(0) > 0xff ? unitsOf(char, (unit) => `%u${unit}`) : undefined),
  'XML, decimal': (char) => `&#${char.codePointAt(0)};`,
  'XML, padded': (char) => `&#${String(char.codePointAt(0)).padStart(6, '0')};`,
  'XML, hexadecimal': (char) => `&#x${hex(char.codePointAt(0) ?? 0, 2).toUpperCase()};`,
  'XML, named': (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' })[char],
  'HTML, named': (char) => ({ é: '&eacute;', '€': '&euro;', '/': '&sol;', '=': '&equals;', '&': '&amp;amp;' })[char],
  'SQL, CSV, YAML, templates': (char) => (/['"%$\\{}]/.test(char) ? char + char : undefined),
  'shell quotes': (char) => (char === "'" ? `'\\''` : undefined),
  'other shell quotes': (char) => (char === "'" ? `'"'"'` : undefined),
  'shell words': (char) => (/[^\w\n]/.test(char) ? `\\${char}` : undefined),
  'GNU names': (char) => ({ '\n': `'$'\\n''`, '\t': `'$'\\t''` })[char],
  'line breaks of Windows': (char) => (char === '\n' ? '\r\n' : undefined),
  form: (char) => (char === ' ' ? '+' : undefined),
  'UTF-16 of ASCII': (char) => (char < '\x80' ? `${char}\0` : undefined),
  'UTF-32 of ASCII in JSON': (char) =>
    char < '\x80' ? `${JSON.stringify(char).slice(1, -1)}\\u0000\\u0000\\u0000` : undefined,
};

for (const [name, spell] of Object.entries(CHARACTER_SPELLINGS)) {
  t.test(`each character: ${name}`, async () => {
    fc.assert(
      fc.property(charValue, (value) => {
        const spelled = [...value].map((char) => spell(char) ?? char).join('');
        return /^<[^a-zé€🔑]*\[secret\](?:[^a-zé€🔑]|u0000)*>$/su.test(makeRedactor([utf8(value)])(`<${spelled}>`));
      }),
    );
  });
}

t.test('each character spelled in its own way', async () => {
  const ways = fc.array(fc.constantFrom(...Object.values(CHARACTER_SPELLINGS)), { minLength: 24, maxLength: 24 });
  fc.assert(
    fc.property(text, charValue, ways, text, (before, value, spells, after) => {
      const spelled = [...value].map((char, i) => spells[i]?.(char) ?? char).join('');
      const redacted = makeRedactor([utf8(value)])(before + spelled + after);
      return redacted.includes('[secret]') && (!redacted.includes(spelled) || spelled.length < 9);
    }),
    { numRuns: 2000 },
  );
});

t.test('a value that looks like something encoded, encoded', async (t) => {
  const amp = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&#39;');
  const encoders: Readonly<Record<string, (text: string) => string>> = {
    URL: encodeURIComponent,
    form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
    XML: amp,
    JSON: (text) => JSON.stringify(text).slice(1, -1),
    'quoted-printable': (text) => text.replaceAll('=', '=3D'),
    doubled: (text) => text.replaceAll(/['"%\\$]/g, '$&$&'),
    sh: (text) => text.replaceAll("'", "'\\''"),
  };
  const values = String.raw`%2B %252B %u0041 &lt; &amp;lt; &#60; &amp; \u0041 \\u0041 \x41 \101 =3D '' "" %% \\ $$ ^A '\'' +`;
  for (const inner of values.split(' ')) {
    const value = `key${inner}value`;
    const redact = makeRedactor([utf8(value)]);
    for (const [name, encode] of Object.entries(encoders)) {
      t.equal(redact(`<${encode(value)}>`), '<[secret]>', `${inner} in ${name}`);
      if (!['URL', 'form', 'XML', 'JSON'].includes(name)) continue;
      t.equal(redact(`<${encode(encode(value))}>`), '<[secret]>', `${inner} in ${name} in ${name}`);
    }
  }
});

t.test('as the encoders of other programs spell it', async (t) => {
  const value = `c4n/ry+é€🔑'"\\ $x&=%~!<b>;{{q}}#[z]\u2028 "end" it's`;
  const python = (code: string) => ['python3', '-c', `import sys, ${code}`];
  const encoders: Readonly<Record<string, readonly string[]>> = {
    'json of Python': python('json; print(json.dumps(sys.stdin.read()))'),
    'repr of Python': python('os; print(repr(sys.stdin.read()))'),
    'ascii of Python': python('os; print(ascii(sys.stdin.read()))'),
    'bytes of Python': python('os; print(sys.stdin.buffer.read())'),
    'html of Python': python('html; print(html.escape(sys.stdin.read()))'),
    'xml of Python': python('xml.sax.saxutils as s; print(s.quoteattr(sys.stdin.read()))'),
    'character references of Python': python(
      'os; print(sys.stdin.read().encode("ascii", "xmlcharrefreplace").decode())',
    ),
    'unicode_escape of Python': python('os; print(sys.stdin.read().encode("unicode_escape").decode())'),
    'csv of Python': python('csv; csv.writer(sys.stdout).writerow([sys.stdin.read(), 1])'),
    'shlex of Python': python('shlex; print(shlex.quote(sys.stdin.read()))'),
    'quopri of Python': python('quopri; sys.stdout.buffer.write(quopri.encodestring(sys.stdin.buffer.read()))'),
    'UTF-16 LE': python('os; sys.stdout.buffer.write(sys.stdin.read().encode("utf-16-le"))'),
    'UTF-16 BE': python('os; sys.stdout.buffer.write(sys.stdin.read().encode("utf-16-be"))'),
    'base64 in lines': python('base64; print(base64.encodebytes(sys.stdin.buffer.read()).decode())'),
    'hexadecimal with colons': python('os; print(sys.stdin.buffer.read().hex(":"))'),
    'list of bytes of Python': python('os; print(list(sys.stdin.buffer.read()))'),
    'json of PHP': ['php', '-r', 'echo json_encode(stream_get_contents(STDIN));'],
    'html of PHP': ['php', '-r', 'echo htmlentities(stream_get_contents(STDIN), ENT_QUOTES);'],
    'json of Perl': ['perl', '-MJSON::PP', '-e', 'print JSON::PP->new->ascii->allow_nonref->encode(join "", <STDIN>)'],
    'json of jq': ['jq', '-Rs', '.'],
    'ascii of jq': ['jq', '-Rsa', '.'],
    'URL of jq': ['jq', '-Rsr', '@uri'],
    'html of jq': ['jq', '-Rsr', '@html'],
    'csv of jq': ['jq', '-Rsr', '[.] | @csv'],
    'sh of jq': ['jq', '-Rsr', '@sh'],
    'Buffer of Node': ['node', '-e', 'console.log(JSON.stringify(fs.readFileSync(0)))'],
    'printf of bash': ['bash', '-c', 'printf %q "$(cat)"'],
    'sed l': ['sed', '-n', 'l 0'],
  };
  for (const [name, [program = '', ...args]] of Object.entries(encoders)) {
    const { stdout, status, error } = spawnSync(program, args, {
      input: value,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    if (error !== undefined || (status !== 0 && name === 'json of Perl')) {
      t.pass(`${program} is missing: ${name}`);
      continue;
    }
    const redacted = makeRedactor([utf8(value)])(stdout.toString('utf8'));
    t.match(redacted, /^(?:.{0,6}|.*data.*)\[secret\].{0,6}$/s, `${name}: ${redacted}`);
  }
});

t.test('a value that repeats itself in a text that repeats itself takes bounded time', async (t) => {
  const value = utf8('a'.repeat(100_000));
  t.equal(makeRedactor([value])('a'.repeat(500_000)), '[secret]');
  t.match(makeRedactor([utf8('\\'.repeat(2000))])(`${'\\'.repeat(20_000)}x`), /\[secret\]/);
});

t.test('the line break at the end of a file may be gone before it is spelled', async (t) => {
  const redact = makeRedactor([utf8('hunter22\n')]);
  for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
    for (const value of ['hunter22', 'hunter22\n']) {
      const left = redact(`<${Buffer.from(value).toString(encoding)}>`);
      t.match(left, /^<\[secret\].{0,3}>$/s, `${encoding} ${JSON.stringify(value)}`);
    }
  }
});

t.test('lines of a value that are shown one by one, where they are long enough to be one', async (t) => {
  const redact = makeRedactor([utf8('[client]\n  user = dan\r\n  pass=hunter22\nport=1\n\nlast line')]);
  t.equal(redact('pass=hunter22'), '[secret]');
  t.equal(redact('2: user = dan\n5: last line!'), '2: [secret]\n5: [secret]!');
  t.equal(redact('port=1'), 'port=1', 'this one is too short to be told from other text');
});

t.test('a copy with the line breaks of another system', async (t) => {
  const [unix, dos] = ['abc\ndef\nghi', 'abc\r\ndef\r\nghi'];
  for (const [value, copy] of [
    [unix, dos],
    [dos, unix],
    [`${unix}\n`, `${dos}\r\n`],
    [`${dos}\r\n`, unix],
  ] as const) {
    for (const [name, spell] of Object.entries(spellings)) {
      t.match(makeRedactor([utf8(value)])(`<${spell(copy)}>`), /^<\[secret\](|\s+|0d0a|(%0.){2}|\\r\\n)>$/i, name);
    }
    t.match(makeRedactor([utf8(value)])(Buffer.from(copy).toString('base64')), /^\[secret\].{0,4}$/);
  }
});

t.test('a value that begins or ends within a character, which its neighbours complete', async (t) => {
  for (const char of ['é', '€', '🔑']) {
    const bytes = utf8(`${char}hunter22${char}`);
    for (let cut = 1; cut < utf8(char).length; cut++) {
      const redact = makeRedactor([bytes.subarray(cut, bytes.length - cut)]);
      t.equal(redact(`<${char}hunter22${char}>`), `<${char}[secret]${char}>`, `${char} cut at ${cut}`);
    }
  }
});

t.test('many values cost no more than one', async (t) => {
  const values = Array.from({ length: 3000 }, (_, i) => utf8(`value-${i}-${'x'.repeat(i % 7)}`));
  const redact = makeRedactor([...values, utf8(values.map((value) => Buffer.from(value).toString()).join('\n'))]);
  t.equal(redact(`${'nothing here, '.repeat(100_000)}value-2999-xxx`).slice(-22), 'nothing here, [secret]');
});

t.test('values that hold or overlap one another leave nothing of either', async (t) => {
  for (const values of [
    ['secret-one', 'secret-one-and-more'],
    ['secret-one-and-more', 'secret-one'],
    ['and-more', 'secret-one-and'],
    ['xsecr', 'secret-one-and-more'],
  ]) {
    const redact = makeRedactor(values.map(utf8));
    t.equal(redact('<secret-one-and-more>').replace('[secret]', ''), '<>', values.join(' '));
  }
  t.equal(makeRedactor([utf8('xsecr'), utf8('secret-one')])('<xsecret-one>'), '<[secret]>');
  t.equal(makeRedactor([utf8('abcab')])('abcabcab'), '[secret]', 'a value that overlaps itself');
});

t.test('characters with a meaning in patterns and replacements have none', async (t) => {
  for (const value of ['.*+?', '^a|b$', '(a)[b]{c}', '\\d\\w', '$&$1$$', '    ']) {
    const redact = makeRedactor([utf8(value)]);
    t.equal(redact(`<${value}>`), '<[secret]>', value);
    t.equal(redact('<abcd0123>'), '<abcd0123>', value);
  }
});

t.test('values shorter than four bytes are left alone', async (t) => {
  const redact = makeRedactor([utf8('abc'), utf8(''), utf8(' a \n ')]);
  t.equal(redact('abc 616263 YWJj a'), 'abc 616263 YWJj a');
  t.equal(makeRedactor([])('abc'), 'abc');
});

t.test('the largest value that a vault takes', async (t) => {
  const value = new Uint8Array(1024 * 1024).map((_, i) => (i * 7919) >> 3);
  const redact = makeRedactor([value]);
  t.equal(redact(`<${Buffer.from(value).toString('hex')}>`), '<[secret]>');
  t.ok(redact(`<${Buffer.from(value).toString('base64')}>`).length < 20);
});

t.test('the values are not kept: wiping one later does not change what is found', async (t) => {
  const value = utf8('hunter22');
  const redact = makeRedactor([value]);
  value.fill(0);
  t.equal(redact('hunter22'), '[secret]');
});
