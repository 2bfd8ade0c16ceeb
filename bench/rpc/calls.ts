import { decodeCheckInAnswer } from '../../lib/wire/index.js';
import { Connection } from './connection.js';
import { type Contender, contest } from './contest.js';
import { CHECKED, PLAIN } from './echo-methods.js';
import { CHECK_IN, type Envoy, RESOLVE } from './envoy.js';
import { send } from './load.js';
import type { Stage } from './stage.js';

const MANY = 100;
/** One connection may have so many calls under way. */
const AT_A_TIME = 4;

/** Calls of one kind, on each of so many connections, beside echoes of the same size. */
interface Calls {
  readonly title: string;
  readonly path: string;
  readonly connections: number;
  /** In each round, over all connections. */
  readonly count: number;
  signed(envoy: Envoy, count: number): Promise<Buffer[]>;
}

/** Signed check-ins without news, at one connection and at many. */
export async function checkIns(stage: Stage): Promise<void> {
  for (const connections of [1, MANY]) {
    await compare(stage, {
      title: 'check-ins without news',
      path: CHECK_IN,
      connections,
      count: stage.size.calls,
      signed: async (envoy, count) => envoy.checkIns(count),
    });
  }
}

/** 1, 10 and 100 secrets at a time. */
export async function resolves(stage: Stage): Promise<void> {
  await demandOpens(stage);
  for (const refs of [1, 10, 100]) {
    for (const connections of [1, MANY]) {
      await compare(stage, {
        title: `resolves of ${refs} refs`,
        path: RESOLVE,
        connections,
        count: Math.ceil(stage.size.calls / 4),
        signed: (envoy, count) => envoy.resolves(stage.keys.slice(0, refs), count),
      });
    }
  }
}

async function compare(stage: Stage, { title, path, connections, count, signed }: Calls): Promise<void> {
  const { echo } = stage;
  const own = Math.ceil(count / connections);
  const lanes = await stage.connected(connections);
  const bare = await Promise.all(lanes.map(({ envoy }) => Connection.open(envoy.destination(echo.port))));

  const sizes = await sizesOf(lanes[0], path, signed);
  const request = echo.request(sizes.request, sizes.answer);
  const echoed = async (path: string): Promise<Contender['run']> => {
    const answer = await bare[0]?.call(path, request);
    if (answer?.length !== sizes.answer) throw new Error('the echo has another length');
    const requests = new Array<Buffer>(own).fill(request);
    return () =>
      send(
        bare.map((connection) => ({ connection, path, requests })),
        AT_A_TIME,
        stage.bare,
      );
  };
  const contenders: Contender[] = [
    { name: 'bare echo, its signature checked', run: await echoed(CHECKED) },
    { name: 'bare echo', run: await echoed(PLAIN) },
    {
      name: 'vigosrv',
      run: async () => {
        const ready = [];
        for (const { envoy, connection } of lanes) ready.push({ connection, path, requests: await signed(envoy, own) });
        return send(ready, AT_A_TIME, stage.vigo);
      },
    },
  ];
  const many = `${connections} connection${connections === 1 ? '' : 's'}`;
  await contest(`${title}, ${many}, ${sizes.request} bytes there, ${sizes.answer} back`, contenders, stage.size.rounds);
  for (const connection of [...bare, ...lanes.map(({ connection }) => connection)]) await connection.close();
}

/** Of one call that went well, without the frames. */
async function sizesOf(
  lane: { envoy: Envoy; connection: Connection } | undefined,
  path: string,
  signed: Calls['signed'],
): Promise<{ request: number; answer: number }> {
  const [request] = lane === undefined ? [] : await signed(lane.envoy, 1);
  if (lane === undefined || request === undefined) throw new Error('there is nothing to send');
  const answer = await lane.connection.call(path, request);
  if (path === CHECK_IN && decodeCheckInAnswer(answer).bundle !== undefined) throw new Error('there was news');
  return { request: request.length - 5, answer: answer.length };
}

/** What is measured is right: every value opens, and is as long as it was set. */
async function demandOpens(stage: Stage): Promise<void> {
  const [lane] = await stage.connected(1);
  if (lane === undefined) throw new Error('there is no envoy');
  const values = await lane.envoy.resolve(lane.connection, stage.keys);
  const wrong = values.length !== stage.keys.length || values.some(({ value }) => value.expose().length !== 32);
  if (wrong) throw new Error('what was resolved is not what was set');
  await lane.connection.close();
}
