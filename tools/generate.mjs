// Makes lib/gen/proto from proto/. The result is committed; a test makes it again and compares.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = process.argv[2] ?? root;
execFileSync('node_modules/.bin/buf', ['generate', '--output', output], { cwd: root, stdio: 'inherit' });
