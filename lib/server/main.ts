import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_HOME, errorTable, formatDefect, homePaths, systemClock, VigoError } from '../base/index.js';
import {
  endOnDefect,
  FilesError,
  finishStdout,
  hardenProcess,
  outputExit,
  SIGPIPE_EXIT,
  toStderr,
  toStdout,
} from '../files/index.js';
import { version } from '../version.js';

const HELP = `Usage: vigosrv [--help | --version | --unit]

Serves the fleet: gRPC for agents, HTTPS for enrollment and the API.

  VIGO_HOME         where everything lies (default ${DEFAULT_HOME})
  VIGO_CONFIG_FILE  the settings (default server.yaml in that folder)

--unit prints a systemd unit for this program and these settings, with no core files and no swap.
It stops cleanly on SIGTERM and SIGINT, and reads the settings again on SIGHUP. First steps on a new host:
  vigocli secrets init
  vigocli secrets generate-certs
  vigosrv --unit | install -m 644 /dev/stdin /etc/systemd/system/vigosrv.service
  systemctl enable --now vigosrv
`;

/** Runs the server until a signal stops it. Gives the exit code. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  endOnDefect(fail);
  const [word] = argv;
  if (word === '--help' || word === '-h') return print(HELP);
  if (word === '--version' || word === '-v') return print(`vigosrv ${version}\n`);
  if (word === '--unit') return printUnit(env);
  if (word !== undefined) {
    toStderr(`error: vigosrv takes no ${JSON.stringify(word)}\nhint: vigosrv --help\n`);
    return errorTable.usage.exit;
  }
  hardenProcess();
  // A thread's or a library's own words go there, and must not end the server where they can't be written.
  process.stderr.on('error', () => {});
  const { openLog } = await import('./host/log.js');
  const log = openLog();
  const { startServer } = await import('./start.js');
  // Before the first step of the start: the signal's own effect is the end of the process.
  let reload: (() => void) | undefined;
  let isReloadDue = false;
  process.on('SIGHUP', () => {
    if (reload === undefined) isReloadDue = true;
    else reload();
  });
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  try {
    const home = env.VIGO_HOME || DEFAULT_HOME;
    const [, program = ''] = process.argv;
    const server = await startServer({ home, settingsFile: env.VIGO_CONFIG_FILE, program, log, clock: systemClock });
    const ports = { grpc: server.grpcPort, api: server.apiPort };
    log.info({ event: 'server.ready', home, ...ports, version }, 'ready');
    reload = () => void server.reload();
    if (isReloadDue) reload();
    const signal = await stopped;
    log.info({ event: 'server.stopping', signal }, 'stopping');
    await server.stop();
    log.info({ event: 'server.ended' }, 'stopped');
    return 0;
  } catch (error) {
    return fail(error);
  }
}

/** Runs the part of a thread, for which the program starts once more. */
export async function runThread(): Promise<void> {
  await import('./host/store-thread.js');
}

async function printUnit({ VIGO_HOME, VIGO_CONFIG_FILE }: NodeJS.ProcessEnv): Promise<number> {
  const [{ serverUnit }, { placesIn, readSettings }] = await Promise.all([
    import('./host/unit.js'),
    import('../settings/index.js'),
  ]);
  const home = resolve(VIGO_HOME || DEFAULT_HOME);
  const settingsFile = VIGO_CONFIG_FILE ? resolve(VIGO_CONFIG_FILE) : VIGO_CONFIG_FILE;
  try {
    const settings = await readSettings(homePaths(home), settingsFile);
    const { databasePath } = placesIn(homePaths(home), (field) => settings?.place(field));
    const [, program = ''] = process.argv;
    return print(serverUnit([process.execPath, realpathSync(program)], { home, settingsFile, databasePath }));
  } catch (error) {
    return fail(error);
  }
}

/** @returns the exit code */
function fail(error: unknown): number {
  if (!(error instanceof VigoError)) {
    toStderr(formatDefect('vigosrv', version, error));
    return errorTable.internal.exit;
  }
  toStderr(`error: ${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
  return errorTable[error.kind].exit;
}

/** Prints data. @returns the exit code */
function print(text: string): number {
  try {
    toStdout(text);
    finishStdout();
    return 0;
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    const exit = outputExit(error);
    if (exit !== SIGPIPE_EXIT) fail(error); // a reader that stopped early is no error: vigosrv --unit | head
    return exit;
  }
}
