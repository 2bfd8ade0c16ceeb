import { execFileSync } from 'node:child_process';
import t from 'tap';

t.test('a program that is started inherits no file from before', async (t) => {
  const files = JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url));
  const command = JSON.stringify(new URL('../../lib/agent/executors/command.ts', import.meta.url));
  const script = `
    import { closeInheritedFiles } from ${files};
    import { runCommand } from ${command};
    closeInheritedFiles();
    const redaction = { redact: (text) => text, longestSpelling: 0, knowsAll: true };
    const { output } = await runCommand('ls -l /proc/$$/fd', { timeoutMs: 60_000, redaction });
    process.stdout.write(output);`;
  const node = [process.execPath, '--import', '@tapjs/typescript/import', '--input-type=module', '-e', script];
  // dash knows no descriptor above 9.
  const started = ['-c', 'exec 9</etc/group 20</etc/passwd 100</etc/hostname; exec "$@"', 'bash', ...node];
  const output = execFileSync('bash', started, { encoding: 'utf8' });
  t.match(output, / 1 -> /, 'the list is one of open files');
  t.notMatch(output, /\/etc\//);
});
