import { isAbsolute } from 'node:path';
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type HomePaths, parseDurationMs, parseHostPort, VigoError } from '../base/index.js';
import { type Places, placesIn } from './places.js';
import { textAt } from './settings-file.js';

const DAY_MS = 86_400_000;
const MAX_INTERVAL_MS = DAY_MS;

const duration = z.pipe(z.string(), z.transform(orIssue('not a duration', parseDurationMs)));
const address = z.pipe(
  z.string(),
  z.transform(
    orIssue('not an address', (text) => {
      parseHostPort(text);
      return text;
    }),
  ),
);
const path = z.string().check(z.refine(isAbsolute, 'not an absolute path'));

/** `server.yaml`. Everything has a default, so that an empty file is a valid one. */
const schema = z.strictObject({
  server: z.prefault(
    z.strictObject({
      grpc_listen: z._default(address, '0.0.0.0:1530'),
      api_listen: z._default(address, '0.0.0.0:8443'),
      log_level: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
      tls: z.prefault(
        z.strictObject({
          ca: z.optional(path),
          ca_key: z.optional(path),
          cert: z.optional(path),
          key: z.optional(path),
        }),
        {},
      ),
    }),
    {},
  ),
  database: z.prefault(
    z.strictObject({ driver: z._default(z.literal('sqlite'), 'sqlite'), dsn: z.optional(path) }),
    {},
  ),
  secrets: z.prefault(
    z.strictObject({
      backend: z._default(z.literal('files'), 'files'),
      key_file: z.optional(path),
      secrets_dir: z.optional(path),
    }),
    {},
  ),
  checkin: z.prefault(
    z.strictObject({
      interval: z._default(duration.check(z.refine((ms) => ms <= MAX_INTERVAL_MS, 'more than 1d')), 60_000),
    }),
    {},
  ),
  envoys: z.prefault(
    z.strictObject({
      certificate_ttl: z._default(duration, 30 * DAY_MS),
      recovery_window: z._default(duration, 90 * DAY_MS),
      on_fork: z._default(z.enum(['quarantine', 'audit']), 'quarantine'),
      resolves_per_hour: z._default(z.int().check(z.positive()), 240),
    }),
    {},
  ),
});

/** What the server runs with: absolute paths, milliseconds, defaults filled in. */
export interface Settings extends Places {
  readonly grpcListen: string;
  readonly apiListen: string;
  /** The least level of a line in the server's log. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly checkinIntervalMs: number;
  readonly certificateTtlMs: number;
  readonly recoveryWindowMs: number;
  /** What happens to an envoy that seems to run twice. */
  readonly onFork: 'quarantine' | 'audit';
  /** Of one envoy. */
  readonly resolvesPerHour: number;
}

export type SettingsIssue = z.core.$ZodIssue;

/** What is wrong with the values of a file; an unknown key is wrong. */
export function checkValues(values: unknown): readonly SettingsIssue[] {
  return parse(values).error?.issues ?? [];
}

/** The names of the fields that a part of the file may have; empty for a path that isn't one. */
export function fieldsAt(path: readonly PropertyKey[]): string[] {
  let part: unknown = schema;
  for (const name of path) part = shapeOf(part)?.[String(name)];
  return Object.keys(shapeOf(part) ?? {});
}

function shapeOf(part: unknown): Readonly<Record<string, unknown>> | undefined {
  if (part instanceof z.ZodMiniPrefault) return shapeOf(part.def.innerType);
  return part instanceof z.ZodMiniObject ? part.shape : undefined;
}

/** The settings of values in which nothing is wrong. */
export function settingsOf(values: unknown, home: HomePaths): Settings {
  const { server, checkin, envoys } = z.parse(schema, values);
  return {
    ...placesIn(home, (field) => textAt(values, field)),
    grpcListen: server.grpc_listen,
    apiListen: server.api_listen,
    logLevel: server.log_level,
    checkinIntervalMs: checkin.interval,
    certificateTtlMs: envoys.certificate_ttl,
    recoveryWindowMs: envoys.recovery_window,
    onFork: envoys.on_fork,
    resolvesPerHour: envoys.resolves_per_hour,
  };
}

function parse(values: unknown) {
  return z.safeParse(schema, values, { error: en().localeError });
}

/** A reader of ours as a step of a schema. Its own message quotes the text, which may be a line of somebody else's file. */
function orIssue<T>(problem: string, read: (text: string) => T) {
  return (text: string, context: z.core.ParsePayload): T => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof VigoError)) throw error;
      const message = error.hint === undefined ? problem : `${problem} (${error.hint})`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }
  };
}
