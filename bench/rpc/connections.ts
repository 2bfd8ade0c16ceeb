import { Connection } from './connection.js';
import { contest } from './contest.js';
import { CHECKED, SILENT } from './echo-methods.js';
import type { Envoy } from './envoy.js';
import { each, type Spent, spend } from './load.js';
import type { Memory } from './measured-process.js';
import type { Stage } from './stage.js';

const AT_A_TIME = 8;
/** The connections whose memory is asked for, as parts of the fleet. */
const STEPS = [0, 1 / 4, 1 / 2, 1];
/** As long as a check-in without news and its answer are. */
const SIZES = [580, 11] as const;

/** A connection with a full handshake, one call, and its end. */
export async function handshakes(stage: Stage): Promise<void> {
  const envoys = await stage.envoys(Math.min(stage.size.envoys, 200));
  await stage.restart();
  const request = stage.echo.request(...SIZES);
  const bare = (envoy: Envoy) => visit(envoy, stage.echo.port, (connection) => connection.call(CHECKED, request));
  const vigo = (envoy: Envoy) => visit(envoy, stage.port, (connection) => envoy.checkIn(connection));
  await each(envoys, AT_A_TIME, vigo);
  await contest(
    `a handshake, a call, and the end; ${AT_A_TIME} at a time`,
    [
      { name: 'bare echo, its signature checked', run: () => spentOnEach(stage.bare, envoys, AT_A_TIME, bare) },
      { name: 'vigosrv', run: () => spentOnEach(stage.vigo, envoys, AT_A_TIME, vigo) },
    ],
    stage.size.rounds,
  );
}

/** Everybody connects at once, listens, and checks in. */
export async function storm(stage: Stage): Promise<void> {
  const envoys = await stage.envoys(stage.size.envoys);
  await stage.restart();
  const request = stage.echo.request(...SIZES);
  const bare = storming(
    () => stage.echo.port,
    (connection) => connection.call(CHECKED, request),
  );
  const vigo = storming(
    () => stage.port,
    async (connection, envoy) => {
      await envoy.checkIn(connection);
      envoy.listen(connection);
      // The stream is open once what was said behind it is answered.
      await envoy.checkIn(connection);
    },
  );
  const once = storming(
    () => stage.port,
    (connection, envoy) => envoy.checkIn(connection),
  );
  await contest(
    `${envoys.length} envoys connect at once`,
    [
      { name: 'bare echo, one call', run: () => bare(stage.bare, envoys) },
      { name: 'vigosrv, one check-in', run: () => once(stage.vigo, envoys) },
      { name: 'vigosrv, a stream, two check-ins', run: () => vigo(stage.vigo, envoys) },
      {
        name: 'the same after a restart',
        run: async () => {
          await stage.restartVigo();
          return vigo(stage.vigo, envoys);
        },
      },
    ],
    Math.min(stage.size.rounds, 3),
  );
}

/** What a connection takes that is open, with its stream, and has nothing to say. */
export async function memory(stage: Stage): Promise<void> {
  const envoys = await stage.envoys(stage.size.envoys);
  await stage.restart();
  const request = stage.echo.request(...SIZES);
  const bare = (envoy: Envoy, from: string) =>
    open(envoy, stage.echo.port, from, async (connection) => {
      connection.hold(SILENT, request);
      await connection.call(CHECKED, request);
    });
  const vigo = (envoy: Envoy, from: string) =>
    open(envoy, stage.port, from, async (connection) => {
      await envoy.checkIn(connection);
      envoy.listen(connection);
      await envoy.checkIn(connection);
    });
  console.log('\nmemory of connected idle envoys, in MiB, after a garbage collection');
  console.log(
    '| | connected | resident | heap and what it holds | KiB resident for each more | KiB of heap for each more |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, server, connect] of [
    ['bare echo', stage.bare, bare],
    ['vigosrv', stage.vigo, vigo],
  ] as const) {
    const connections: Connection[] = [];
    // What the first connections bring up once is none of the others'.
    for (const connection of await each(envoys.slice(0, 50), AT_A_TIME, (envoy) => connect(envoy, addressOf(0)))) {
      await connection.close();
    }
    let before: (Memory & { connected: number }) | undefined;
    for (const part of STEPS) {
      const more = envoys.slice(connections.length, Math.round(envoys.length * part));
      connections.push(...(await each(more, AT_A_TIME, (envoy) => connect(envoy, addressOf(0)))));
      const now = { ...(await server.memory()), connected: connections.length };
      const slope = (what: keyof Memory) =>
        before && (((now[what] - before[what]) * 1024) / (now.connected - before.connected)).toFixed(1);
      const cells = [name, connections.length, now.rss.toFixed(1), now.heap.toFixed(1), slope('rss'), slope('heap')];
      console.log(`| ${cells.join(' | ')} |`);
      before = now;
    }
    await Promise.all(connections.map((connection) => connection.close()));
  }
}

type Talk = (connection: Connection, envoy: Envoy) => Promise<unknown>;

async function visit(envoy: Envoy, port: number, talk: Talk): Promise<void> {
  const connection = await Connection.open(envoy.destination(port));
  await talk(connection, envoy);
  await connection.close();
}

async function open(envoy: Envoy, port: number, from: string, talk: Talk): Promise<Connection> {
  const connection = await Connection.open(envoy.destination(port, from));
  await talk(connection, envoy);
  return connection;
}

function storming(port: () => number, talk: Talk): (server: Stage['vigo'], envoys: readonly Envoy[]) => Promise<Spent> {
  return async (server, envoys) => {
    const connections: Connection[] = [];
    const spent = await spend(server, envoys.length, async () => {
      await Promise.all(
        envoys.map(async (envoy, i) => connections.push(await open(envoy, port(), addressOf(i), talk))),
      );
    });
    await Promise.all(connections.map((connection) => connection.close()));
    await server.idle();
    return spent;
  };
}

/** Another one for every hundred, so that no network has more handshakes at once than one may have. */
function addressOf(envoy: number): string {
  return `127.0.1.${1 + Math.floor(envoy / 100)}`;
}

function spentOnEach(
  server: Stage['vigo'],
  envoys: readonly Envoy[],
  atATime: number,
  work: (envoy: Envoy) => Promise<void>,
): Promise<Spent> {
  return spend(server, envoys.length, async () => {
    await each(envoys, atATime, work);
  });
}
