import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type KeyName, Secret, type SteadyClock, VigoError } from '../../base/index.js';
import type { Guard } from '../../guard/index.js';
import {
  actionsOf,
  type PolicyBody,
  type ResolvedResource,
  type Resource,
  substituteResource,
} from '../../policy/index.js';
import { MAX_RESULT_MESSAGE_CHARS, type ResourceOutcome, type ResourceResult } from '../../wire/index.js';
import { AgentError } from '../errors.js';
import { applyResource, checkResource } from '../executors/registry.js';
import type { Redaction } from '../held/redaction.js';
import type { ResourceName, Watched } from '../held/watched.js';
import { UnsettledSecrets } from './unsettled-secrets.js';

export interface ApplyOptions {
  readonly values: ReadonlyMap<KeyName, Secret<Uint8Array>>;
  readonly redaction: Redaction;
  /** The marks of the resources that watch secrets. */
  readonly marks: ReadonlyMap<Resource, Uint8Array>;
  /** The marks under which they were applied last. */
  readonly watched: Watched;
  readonly guard: Guard;
  readonly clock: Pick<SteadyClock, 'monotonicMs'>;
  readonly dryRun: boolean;
  /** Ends the run after the resource that is under way. */
  readonly signal: AbortSignal;
}

interface Prepared {
  readonly configcrate: string;
  readonly resource: Resource;
  /** With its secrets filled in, or why that can't be. */
  readonly resolved: ResolvedResource | VigoError;
  /** The mark of a command that watches secrets. A file or a folder is compared in each run, so that it needs none. */
  readonly mark: Uint8Array | undefined;
}

/** What the resources of a run depend on beside themselves. */
interface Progress {
  /** Why commands that watch secrets can't be applied in this run, if so. */
  readonly obstacle: VigoError | undefined;
  /** The secrets of the resources that didn't succeed so far. */
  readonly unsettled: UnsettledSecrets;
}

/**
 * Brings the machine to what a body declares, resource by resource, in order. One that fails doesn't hold up the
 * others. Every secret is put in its place before the first executor runs (D3).
 */
export async function applyBody(body: PolicyBody, options: ApplyOptions): Promise<ResourceResult[]> {
  const all = body.configcrates.flatMap(({ name, resources }) =>
    resources.map((resource) => ({
      configcrate: name,
      resource,
      resolved: resolve(resource, options),
      mark: resource.type === 'exec' ? options.marks.get(resource) : undefined,
    })),
  );
  options.watched.keepOnly(all.filter(({ mark }) => mark !== undefined).map(nameOf));
  try {
    const progress = { obstacle: await noteWhatIsDue(all, options), unsettled: new UnsettledSecrets() };
    const results: ResourceResult[] = [];
    for (const prepared of all) {
      const result = await settle(prepared, options, progress);
      results.push(result);
      if (!SUCCESSES.has(result.outcome)) progress.unsettled.add(prepared.resource, nameOf(prepared));
    }
    return results;
  } finally {
    for (const { resolved } of all) wipeSecrets(resolved);
  }
}

const SUCCESSES: ReadonlySet<ResourceOutcome> = new Set(['unchanged', 'changed', 'would_change']);

/**
 * Forgets the marks of the commands that are due, before the run changes anything: once a secret is on the machine they
 * stay due, also where the run is killed and the server then goes back to the earlier mark.
 * @returns why it can't be noted; then none of them may be applied
 */
async function noteWhatIsDue(all: readonly Prepared[], options: ApplyOptions): Promise<VigoError | undefined> {
  if (options.dryRun) return undefined;
  try {
    await options.watched.forget(all.filter((each) => isDue(each, options)).map(nameOf));
    return undefined;
  } catch (cause) {
    if (cause instanceof VigoError) return cause;
    throw cause;
  }
}

/** Whether a command watches secrets and wasn't applied since one of them changed. Undefined where it watches none. */
function isDue(prepared: Prepared, { watched }: ApplyOptions): boolean | undefined {
  return prepared.mark && watched.isNew(nameOf(prepared), prepared.mark);
}

function resolve(resource: Resource, { values }: ApplyOptions): ResolvedResource | VigoError {
  try {
    return substituteResource(resource, values);
  } catch (cause) {
    if (cause instanceof VigoError) return cause;
    throw cause;
  }
}

async function settle(prepared: Prepared, options: ApplyOptions, progress: Progress): Promise<ResourceResult> {
  const { configcrate, resource } = prepared;
  const startedAtMs = options.clock.monotonicMs();
  const { outcome, message } = await attempt(prepared, options, progress);
  return {
    configcrate,
    resource: resource.name,
    type: resource.type,
    outcome,
    message: options.redaction.redact(message).slice(0, MAX_RESULT_MESSAGE_CHARS),
    durationMs: options.clock.monotonicMs() - startedAtMs,
  };
}

async function attempt(
  prepared: Prepared,
  options: ApplyOptions,
  { obstacle, unsettled }: Progress,
): Promise<{ outcome: ResourceOutcome; message: string }> {
  const { resource, resolved, mark } = prepared;
  if (options.signal.aborted) return { outcome: 'skipped', message: 'the agent was told to stop' };
  try {
    if (resolved instanceof VigoError) throw resolved;
    await demandHarmless(resource, options.guard);
    const isTriggered = isDue(prepared, options);
    const wait = isTriggered ? waitsFor(resource, options, unsettled) : undefined;
    if (wait !== undefined) return { outcome: 'skipped', message: wait };
    const context = { ...options, isTriggered };
    const verdict = await checkResource(resolved, context);
    if (verdict === 'ok') return { outcome: 'unchanged', message: '' };
    if (options.dryRun) return { outcome: 'would_change', message: verdict.change };
    if (isTriggered && obstacle !== undefined) throw obstacle;
    await applyResource(resolved, context);
    if (mark !== undefined) await options.watched.remember(nameOf(prepared), mark);
    return { outcome: 'changed', message: verdict.change };
  } catch (cause) {
    return { outcome: 'failed', message: wordsFor(cause) };
  }
}

/**
 * Why a command that watches secrets has to wait. Run now, it would bring the earlier values into use, and nothing would
 * run it when the present ones are on the machine.
 */
function waitsFor(resource: Resource, { redaction }: ApplyOptions, unsettled: UnsettledSecrets): string | undefined {
  if (!redaction.knowsAll) return 'due, but waits until the secrets can be resolved';
  const blocking = unsettled.concerning(resource);
  return blocking && `due, but waits for ${blocking.configcrate}/${blocking.resource}, which did not succeed`;
}

function nameOf({ configcrate, resource }: Prepared): ResourceName {
  return { configcrate, resource: resource.name };
}

/** The guardrails hold before each executor, whatever the server let pass (S5). */
async function demandHarmless(resource: Resource, guard: Guard): Promise<void> {
  for (const action of actionsOf(resource)) {
    const spellings = action.kind === 'command' ? [action] : [action, { ...action, path: await realPath(action.path) }];
    const [finding] = spellings.flatMap((each) => guard.inspect(each));
    if (finding !== undefined) throw new AgentError('refused_resource', finding.message, { hint: finding.hint });
  }
}

/** The same place without links above it: the guard compares names. */
async function realPath(path: string): Promise<string> {
  return join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path));
}

/** An error that isn't ours may quote what it was given, and a list of bytes looks like no secret to the redactor. */
function wordsFor(error: unknown): string {
  if (!(error instanceof VigoError)) return `an unexpected ${error instanceof Error ? error.name : 'error'}`;
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}

function wipeSecrets(resolved: ResolvedResource | VigoError): void {
  for (const value of Object.values(resolved)) if (value instanceof Secret) value.dispose();
}
