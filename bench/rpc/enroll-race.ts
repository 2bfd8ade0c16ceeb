import { contest } from './contest.js';
import { ask, enroll, type Machine } from './enrollments.js';
import { each, spend } from './load.js';
import type { Stage } from './stage.js';

const MACHINES = 100;
const AT_A_TIME = 16;

/** Machines become envoys, beside the same HTTPS requests to a server that only answers. */
export async function enrollments(stage: Stage): Promise<void> {
  let from = 1_000_000;
  const next = async () => {
    const machines = await stage.machines(MACHINES, from);
    from += MACHINES;
    return machines;
  };
  const body = JSON.stringify((await next())[0]?.request);
  const { url: bareUrl } = stage.echo;
  await contest(
    `enrollments, two HTTPS connections each, ${AT_A_TIME} at a time`,
    [
      {
        name: 'bare HTTPS',
        run: () =>
          spend(stage.bare, MACHINES, async () => {
            await each(Array.from({ length: MACHINES }), AT_A_TIME, () => ask(bareUrl, stage.caPem, body));
          }),
      },
      {
        name: 'vigosrv',
        run: async () => {
          const machines: Machine[] = await next();
          return spend(stage.vigo, MACHINES, async () => {
            await each(machines, AT_A_TIME, (machine) => enroll(stage.url, machine));
          });
        },
      },
    ],
    stage.size.rounds,
  );
}
