import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const program = fileURLToPath(new URL('../../bench/arch/run.mjs', import.meta.url));

interface Result {
  readonly name: string;
  readonly missing?: string;
  readonly how?: string;
  readonly wrong?: string[];
  readonly digest?: string;
}

const long = process.env.VIGO_TEST_LONG === '1';
if (long) t.setTimeout(1_800_000);

t.test(
  'x64, arm64 and armv7, on processors or emulated, give the same results for the same vectors',
  { skip: long ? false : 'emulation takes minutes: VIGO_TEST_LONG=1' },
  async (t) => {
    // Exits with 1 where a result is wrong or differs.
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--vectors', '--json']);
    const results = JSON.parse(stdout) as Result[];
    const ran = results.filter(({ missing }) => missing === undefined);
    for (const { name, how, missing } of results) {
      const skip = missing === undefined ? false : `${missing} is missing; bench/arch/run.mjs --fetch downloads it`;
      t.pass([name, how].join(', '), { skip });
    }
    t.strictSame(
      ran.flatMap(({ wrong }) => wrong),
      [],
    );
    if (ran.length > 0) t.equal(new Set(ran.map(({ digest }) => digest)).size, 1);
  },
);
