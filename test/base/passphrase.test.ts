import t from 'tap';
import { demandNewPassphrase } from '../../lib/base/values/passphrase.js';

const make = (text: string | Uint8Array) => () => demandNewPassphrase(Buffer.from(text));

t.test('a passphrase that can never be typed is refused when it is made, with the reason', async (t) => {
  const cases: Record<string, [passphrase: string | Uint8Array, reason: RegExp]> = {
    'the end of a line of Windows': ['correct horse battery\r', /carriage return/],
    'a byte order mark': ['\ufeffcorrect horse battery', /byte order mark/],
    'a second line': ['correct horse\nbattery staple', /more than one line/],
    'two line ends': ['correct horse battery\n', /control character/],
    'a control character': ['correct horse\x17battery', /control character/],
    'a tab': ['correct horse\tbattery', /control character/],
    'Latin-1': [Buffer.from('größe größe größe', 'latin1'), /not UTF-8/],
    nothing: ['', /it has 0 bytes/],
    'eleven bytes': ['open sesame', /it has 11 bytes, not 12 to 1024/],
    'too much': ['a'.repeat(1025), /it has 1025 bytes/],
  };
  for (const [name, [passphrase, message]] of Object.entries(cases)) {
    t.throws(make(passphrase), { name: 'BaseError', code: 'bad_passphrase', message }, name);
  }
});

t.test('everything else is a passphrase', async (t) => {
  for (const one of [
    'twelve bytes',
    ' blanks around ',
    'größe größe',
    'e\u0301e\u0301e\u0301e\u0301',
    '正確な馬の電池',
    'a'.repeat(1024),
  ]) {
    t.doesNotThrow(make(one), one);
  }
});
