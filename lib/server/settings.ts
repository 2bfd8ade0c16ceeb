import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { fromUtf8, type HomePaths, type KeyName, parseDurationMs, VigoError } from '../base/index.js';
import { parseHostPort } from '../rpc/index.js';
import type { SecretsProvider } from './secrets-provider.js';
import { lowered, type SettingsFile } from './settings-file.js';

const DAY_MS = 86_400_000;
const MAX_INTERVAL_MS = DAY_MS;

const duration = z.string().transform(orIssue(parseDurationMs));
const address = z.string().transform(
  orIssue((text) => {
    parseHostPort(text);
    return text;
  }),
);
const path = z.string().refine(isAbsolute, 'not an absolute path');

/** `server.yaml`. Everything has a default, so that an empty file is a valid one. */
const schema = z.strictObject({
  server: z
    .strictObject({
      grpc_listen: address.default('0.0.0.0:1530'),
      api_listen: address.default('0.0.0.0:8443'),
      tls: z
        .strictObject({ ca: path.optional(), ca_key: path.optional(), cert: path.optional(), key: path.optional() })
        .prefault({}),
    })
    .prefault({}),
  database: z.strictObject({ driver: z.literal('sqlite').default('sqlite'), dsn: path.optional() }).prefault({}),
  secrets: z
    .strictObject({
      backend: z.literal('files').default('files'),
      key_file: path.optional(),
      secrets_dir: path.optional(),
    })
    .prefault({}),
  checkin: z
    .strictObject({ interval: duration.refine((ms) => ms <= MAX_INTERVAL_MS, 'more than 1d').default(60_000) })
    .prefault({}),
  envoys: z
    .strictObject({
      certificate_ttl: duration.default(30 * DAY_MS),
      recovery_window: duration.default(90 * DAY_MS),
      on_fork: z.enum(['quarantine', 'audit']).default('quarantine'),
    })
    .prefault({}),
});

/** Where the secrets lie, which has to be known before a field can refer to one. Absolute paths. */
export interface SecretsPlace {
  readonly secretsDir: string;
  readonly keyFile: string;
}

/** What the server runs with: absolute paths, milliseconds, defaults filled in. */
export interface Settings extends SecretsPlace {
  readonly grpcListen: string;
  readonly apiListen: string;
  readonly tls: { readonly ca: string; readonly caKey: string; readonly cert: string; readonly key: string };
  readonly databasePath: string;
  readonly checkinIntervalMs: number;
  readonly certificateTtlMs: number;
  readonly recoveryWindowMs: number;
  /** What happens to an envoy that seems to run twice. */
  readonly onFork: 'quarantine' | 'audit';
}

/**
 * Checks everything that isn't a ref, and says where the secrets lie.
 * @throws ServerError `bad_settings`; an unknown key is an error
 */
export function secretsPlaceOf(file: SettingsFile, home: HomePaths): SecretsPlace {
  const issue = schema.safeParse(file.values).error?.issues.find(({ path }) => file.refAt(path) === undefined);
  if (issue !== undefined) throw problemOf(file, issue);
  const { secrets } = schema.pick({ secrets: true }).strip().parse(file.values);
  const secretsDir = secrets.secrets_dir ?? home.secrets;
  return { secretsDir, keyFile: secrets.key_file ?? join(secretsDir, '.master.key') };
}

/**
 * The settings with every ref resolved.
 * @throws ServerError `bad_settings`, and `missing_secret` for one that can't be opened; it names field, line and key
 */
export async function resolveSettings(
  file: SettingsFile,
  home: HomePaths,
  secrets: Pick<SecretsProvider, 'open'>,
): Promise<Settings> {
  const result = schema.safeParse(await withSecrets(file, secrets));
  const [issue] = result.error?.issues ?? [];
  if (!result.success) throw problemOf(file, issue);
  const { server, database, checkin, envoys } = result.data;
  return {
    ...secretsPlaceOf(file, home),
    grpcListen: server.grpc_listen,
    apiListen: server.api_listen,
    tls: {
      ca: server.tls.ca ?? join(home.tls, 'ca'),
      caKey: server.tls.ca_key ?? join(home.tls, 'ca_key'),
      cert: server.tls.cert ?? join(home.tls, 'cert'),
      key: server.tls.key ?? join(home.tls, 'key'),
    },
    databasePath: database.dsn ?? home.database,
    checkinIntervalMs: checkin.interval,
    certificateTtlMs: envoys.certificate_ttl,
    recoveryWindowMs: envoys.recovery_window,
    onFork: envoys.on_fork,
  };
}

/** A copy of the values with secrets in the place of refs. */
async function withSecrets(file: SettingsFile, secrets: Pick<SecretsProvider, 'open'>): Promise<unknown> {
  const values = structuredClone(file.values) as Record<PropertyKey, unknown>;
  for (const { path, key } of file.refs) {
    let parent = values;
    for (const name of path.slice(0, -1)) parent = parent[name] as Record<PropertyKey, unknown>;
    parent[path.at(-1) as PropertyKey] = await openRef(file, path, key, secrets);
  }
  return values;
}

async function openRef(
  file: SettingsFile,
  path: readonly PropertyKey[],
  key: KeyName,
  secrets: Pick<SecretsProvider, 'open'>,
) {
  try {
    const { value } = await secrets.open(key);
    try {
      return fromUtf8(value.expose());
    } finally {
      value.dispose();
    }
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    const missing = cause.kind === 'not_found';
    throw file.problem(path, missing ? `there is no secret ${key}` : `secret:${key} can't be used: ${cause.message}`, {
      code: 'missing_secret',
      hint: missing ? `vigocli secrets set raw ${key}` : cause.hint,
      cause,
    });
  }
}

function problemOf(file: SettingsFile, issue: z.core.$ZodIssue | undefined) {
  const path = issue?.path ?? [];
  const stranger = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (stranger !== undefined) return file.problem([...path, stranger], 'unknown key');
  const ref = file.refAt(path);
  // What a check says may quote the value.
  if (ref !== undefined) return file.problem(path, `what secret:${ref.key} holds doesn't fit here`);
  return file.problem(path, lowered(issue?.message ?? 'wrong'));
}

/** A reader of ours as a step of a schema. */
function orIssue<T>(read: (text: string) => T) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof VigoError)) throw error;
      context.addIssue({
        code: 'custom',
        message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
      });
      return z.NEVER;
    }
  };
}
