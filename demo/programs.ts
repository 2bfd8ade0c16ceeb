import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real programs as a person would, with an environment that holds nothing but what they need. */
export class Programs {
  readonly #dist: string;
  readonly #env: Record<string, string>;
  readonly #running = new Set<ChildProcess>();

  /** @param dist the folder of the bundled programs */
  constructor(dist: string, env: Record<string, string>) {
    this.#dist = dist;
    this.#env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...env };
  }

  start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [join(this.#dist, `${program}.mjs`), ...args], {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** @param input what goes to the program's standard input */
  async run(program: string, args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> {
    const child = this.start(program, args);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.stdin?.on('error', () => {}); // what is refused at once reads nothing
    child.stdin?.end(input);
    const [code] = await once(child, 'close');
    return { code, stdout: stdout(), stderr: stderr() };
  }

  /** Starts a program that stays, and waits for a line of its log. */
  async serve(program: string, args: readonly string[], ready: string): Promise<ChildProcess> {
    const child = this.start(program, args);
    const log = collect(child.stderr);
    child.stdout?.resume();
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', () => log().includes(ready) && resolve());
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${log()}`)));
    });
    return child;
  }

  async stopAll(): Promise<void> {
    for (const child of [...this.#running]) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}
