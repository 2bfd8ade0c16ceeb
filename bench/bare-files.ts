import fs from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const HEADER_BYTES = 1063;
const SIDE_BY_SIDE = 64;

/** The least that a file system can be asked for what a verb of the vault must make durable: no check, no cipher, no lock. */
export class BareFiles {
  readonly #root: string;
  readonly #secretsDir: string;
  readonly #log: number;
  #count = 0;

  constructor(root: string) {
    this.#root = join(root, 'bare');
    this.#secretsDir = join(root, 'secrets');
    fs.mkdirSync(join(this.#root, 'versions'), { recursive: true });
    this.#log = fs.openSync(join(this.#root, 'log'), 'a');
  }

  /** A file replaced, its second name, the sentinel, and two entries of the log, each flushed before the next. */
  set(): void {
    const path = join(this.#root, 'secret');
    this.#append();
    replace(path, Buffer.alloc(120));
    fs.linkSync(path, join(this.#root, 'versions', `@${++this.#count}`));
    flushFolder(join(this.#root, 'versions'));
    this.#finish();
  }

  /** One file read, the sentinel, two entries. */
  reveal(name: string): void {
    this.#append();
    fs.readFileSync(join(this.#secretsDir, name));
    this.#finish();
  }

  /** Every folder and the beginning of every file read, the sentinel, two entries. */
  list(): void {
    this.#append();
    for (const path of this.#files()) {
      const file = fs.openSync(path, 'r');
      fs.readSync(file, Buffer.allocUnsafe(HEADER_BYTES));
      fs.closeSync(file);
    }
    this.#finish();
  }

  /** Every file read, replaced by the same bytes, and read again; as many side by side as `rekey` does. */
  async rekey(): Promise<void> {
    const paths = [...this.#files()];
    for (let i = 0; i < paths.length; i += SIDE_BY_SIDE) {
      await Promise.all(paths.slice(i, i + SIDE_BY_SIDE).map(rewrite));
    }
  }

  close(): void {
    fs.closeSync(this.#log);
  }

  *#files(folder = this.#secretsDir): Generator<string> {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* this.#files(path);
      else yield path;
    }
  }

  #finish(): void {
    replace(join(this.#root, 'sentinel'), Buffer.alloc(52));
    this.#append();
  }

  #append(): void {
    fs.writeSync(this.#log, Buffer.alloc(4096));
    fs.fdatasyncSync(this.#log);
  }
}

function replace(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.new`;
  const file = fs.openSync(temporary, 'wx', 0o600);
  fs.writeSync(file, bytes);
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(temporary, path);
  flushFolder(dirname(path));
}

function flushFolder(path: string): void {
  const folder = fs.openSync(path, 'r');
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}

async function rewrite(path: string): Promise<void> {
  const temporary = join(dirname(path), `.new-${path.slice(dirname(path).length + 1)}`);
  const bytes = fs.readFileSync(path);
  const file = await open(temporary, 'wx', 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
  fs.readFileSync(path);
}
