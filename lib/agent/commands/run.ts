import { parseDurationMs, systemClock, VigoError } from '../../base/index.js';
import type { Command, CommandContext } from '../command.js';
import { AgentError } from '../errors.js';
import { oneLine } from '../log.js';
import type { Agent } from '../open-agent.js';

/** Brings this machine to its declared state, once or from now on. */
export const command: Command = {
  name: 'run',
  summary: 'bring this machine to its declared state, and keep it there',
  options: [
    { name: 'once', summary: 'check in, converge, print what became of each resource, and end' },
    { name: 'dry-run', summary: 'say what would change, and change nothing; onlyif and unless commands run' },
    { name: 'interval', value: 'duration', summary: 'like 5m, instead of what the server says' },
  ],
  examples: ['run', 'run --once', 'run --once --dry-run'],
  async run(context, flags) {
    const interval = flags.text('interval');
    const intervalMs = interval === undefined ? undefined : parseDurationMs(interval);
    const dryRun = flags.is('dry-run');
    const [{ openAgent }, { closeInheritedFiles }] = await Promise.all([
      import('../open-agent.js'),
      import('../../files/index.js'),
    ]);
    // What commands inherit is the same under systemd and from a terminal.
    closeInheritedFiles();
    process.umask(0o022);
    const agent = await openAgent(context.paths, context.log);
    const stop = new AbortController();
    // A terminal that goes away, or somebody's habit with other daemons, must not end it.
    process.on('SIGHUP', () => {});
    // Once: a second signal ends the process at once.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    try {
      if (flags.is('once')) await runOnce(agent, { dryRun, signal: stop.signal }, context);
      else await runOn(agent, { dryRun, intervalMs, signal: stop.signal });
    } finally {
      stop.abort();
      await agent.close();
    }
  },
};

async function runOnce(
  { envoy }: Agent,
  options: { dryRun: boolean; signal: AbortSignal },
  { out, note }: CommandContext,
): Promise<void> {
  const contact = await attempt(() => envoy.checkIn());
  const run = await envoy.converge(options);
  if (run === undefined) throw contact ?? noPolicy();
  for (const { outcome, configcrate, resource, type, message } of run.report.results) {
    const words = message === '' ? '' : `: ${oneLine(message)}`;
    out(`${outcome.replace('_', ' ').padEnd(12)}  ${configcrate}/${resource} (${type})${words}\n`);
  }
  const delivery = await attempt(() => envoy.deliver());
  const { failure, results } = run.report;
  const { adviceFor } = await import('../contact/advice.js');
  const advice = contact && adviceFor(contact);
  const hint = contact && oneLine(`the check-in failed: ${contact.message}${advice ? ` (${advice})` : ''}`);
  if (failure !== undefined) throw new AgentError('incomplete', `the run was aborted: ${failure}`, { hint });
  if (contact !== undefined) note('this is the policy that was accepted before: the server gives no newer one');
  else if (delivery !== undefined) note(`warning: the report was not delivered: ${oneLine(delivery.message)}`);
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').length;
  if (options.signal.aborted && skipped > 0) {
    throw new AgentError('incomplete', `the run was stopped before ${skipped} of ${results.length} resources`, {
      hint: 'run it again',
    });
  }
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  if (failed > 0) throw new AgentError('incomplete', `${failed} of ${results.length} resources failed`, { hint });
  if (contact !== undefined) throw contact;
}

async function runOn(
  { envoy, session, log }: Agent,
  options: { dryRun: boolean; intervalMs: number | undefined; signal: AbortSignal },
): Promise<void> {
  const [{ runLoop }, { keepWakeUp }, { Alarm }] = await Promise.all([
    import('../converge/run-loop.js'),
    import('../contact/wake-up.js'),
    import('../contact/alarm.js'),
  ]);
  const alarm = new Alarm();
  const { signal } = options;
  await Promise.all([
    runLoop({ ...options, envoy, alarm, clock: systemClock, random: Math.random, log }),
    keepWakeUp(session, () => alarm.raise(), signal, Math.random),
  ]);
  log.info('stopped');
}

function noPolicy(): AgentError {
  return new AgentError('no_policy', 'the server has no policy for this machine', {
    hint: 'bind its host name to configcrates in envoys.vgo and publish',
  });
}

async function attempt(act: () => Promise<unknown>): Promise<VigoError | undefined> {
  try {
    await act();
    return undefined;
  } catch (cause) {
    if (cause instanceof VigoError) return cause;
    throw cause;
  }
}
