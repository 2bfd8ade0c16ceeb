import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Clock, type KeyName, Secret, VigoError } from '../base/index.js';
import type { Guard } from '../guard/index.js';
import {
  actionsOf,
  type PolicyBody,
  type ResolvedResource,
  type Resource,
  substituteResource,
} from '../policy/index.js';
import { MAX_RESULT_MESSAGE_CHARS, type ResourceOutcome, type ResourceResult } from '../wire/index.js';
import { AgentError } from './errors.js';
import { applyResource, checkResource } from './executors/registry.js';
import type { Redaction } from './redaction.js';
import type { ResourceName, Watched } from './watched.js';

export interface ApplyOptions {
  readonly values: ReadonlyMap<KeyName, Secret<Uint8Array>>;
  readonly redaction: Redaction;
  /** The marks of the resources that watch secrets, and those under which they were applied last. */
  readonly marks: ReadonlyMap<Resource, Uint8Array>;
  readonly watched: Watched;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** Ends the run after the resource that is under way. */
  readonly signal: AbortSignal;
}

interface Prepared {
  readonly configcrate: string;
  readonly resource: Resource;
  /** With its secrets filled in, or why that can't be. */
  readonly resolved: ResolvedResource | VigoError;
}

/**
 * Brings the machine to what a body declares, resource by resource, in order. One that fails doesn't hold up the
 * others. Every secret is put in its place before the first executor runs (D3).
 */
export async function applyBody(body: PolicyBody, options: ApplyOptions): Promise<ResourceResult[]> {
  const all = body.configcrates.flatMap(({ name, resources }) =>
    resources.map((resource) => ({ configcrate: name, resource, resolved: resolve(resource, options) })),
  );
  options.watched.keepOnly(all.filter(({ resource }) => options.marks.has(resource)).map(nameOf));
  try {
    const results: ResourceResult[] = [];
    for (const prepared of all) results.push(await settle(prepared, options));
    return results;
  } finally {
    for (const { resolved } of all) wipeSecrets(resolved);
  }
}

function resolve(resource: Resource, { values }: ApplyOptions): ResolvedResource | VigoError {
  try {
    return substituteResource(resource, values);
  } catch (cause) {
    if (cause instanceof VigoError) return cause;
    throw cause;
  }
}

async function settle(prepared: Prepared, options: ApplyOptions): Promise<ResourceResult> {
  const { configcrate, resource } = prepared;
  const startedAtMs = options.clock.nowMs();
  const { outcome, message } = await attempt(prepared, options);
  return {
    configcrate,
    resource: resource.name,
    type: resource.type,
    outcome,
    message: options.redaction.redact(message).slice(0, MAX_RESULT_MESSAGE_CHARS),
    durationMs: Math.max(0, options.clock.nowMs() - startedAtMs),
  };
}

async function attempt(
  prepared: Prepared,
  options: ApplyOptions,
): Promise<{ outcome: ResourceOutcome; message: string }> {
  const { resource, resolved } = prepared;
  if (options.signal.aborted) return { outcome: 'skipped', message: 'the agent was told to stop' };
  try {
    if (resolved instanceof VigoError) throw resolved;
    await demandHarmless(resource, options.guard);
    const name = nameOf(prepared);
    const mark = options.marks.get(resource);
    const context = { ...options, isTriggered: mark && options.watched.isNew(name, mark) };
    const verdict = await checkResource(resolved, context);
    if (verdict === 'ok') return { outcome: 'unchanged', message: '' };
    if (options.dryRun) return { outcome: 'would_change', message: verdict.change };
    await applyResource(resolved, context);
    if (mark !== undefined) await options.watched.remember(name, mark);
    return { outcome: 'changed', message: verdict.change };
  } catch (cause) {
    return { outcome: 'failed', message: wordsFor(cause) };
  }
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
