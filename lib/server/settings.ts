import { isAbsolute, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type HomePaths, parseDurationMs, VigoError } from '../base/index.js';
import { ServerError } from './errors.js';

const duration = z.string().transform((text, context) => {
  try {
    return parseDurationMs(text);
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    context.addIssue({ code: 'custom', message: `${error.message} (${error.hint})` });
    return z.NEVER;
  }
});

const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/, 'not host:port');
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
  checkin: z.strictObject({ interval: duration.default(60_000) }).prefault({}),
  envoys: z.strictObject({ certificate_ttl: duration.default(30 * 86_400_000) }).prefault({}),
});

/** What the server runs with: absolute paths, milliseconds, defaults filled in. */
export interface Settings {
  readonly grpcListen: string;
  readonly apiListen: string;
  readonly tls: { readonly ca: string; readonly caKey: string; readonly cert: string; readonly key: string };
  readonly databasePath: string;
  readonly secretsDir: string;
  readonly keyFile: string;
  readonly checkinIntervalMs: number;
  readonly certificateTtlMs: number;
}

/**
 * Reads `server.yaml`. An unknown key is an error, and every error names the line.
 * @param file for messages
 * @throws ServerError `bad_settings`
 */
export function parseSettings(text: string, file: string, home: HomePaths): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  const [broken] = document.errors;
  if (broken) throw new ServerError('bad_settings', `${at(broken.pos[0])}: ${broken.message.toLowerCase()}`);

  const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  if (!result.success) {
    const [issue] = result.error.issues;
    const keys = (issue?.path ?? []) as string[];
    const stranger = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const where = [...keys, ...(stranger === undefined ? [] : [stranger])];
    const what = stranger === undefined ? (issue?.message ?? 'wrong') : 'unknown key';
    throw new ServerError(
      'bad_settings',
      `${at(offsetOf(document, where))}: ${where.join('.') || 'the file'}: ${what}`,
    );
  }
  const { server, database, secrets, checkin, envoys } = result.data;
  const secretsDir = secrets.secrets_dir ?? home.secrets;
  return {
    grpcListen: server.grpc_listen,
    apiListen: server.api_listen,
    tls: {
      ca: server.tls.ca ?? join(home.tls, 'ca'),
      caKey: server.tls.ca_key ?? join(home.tls, 'ca_key'),
      cert: server.tls.cert ?? join(home.tls, 'cert'),
      key: server.tls.key ?? join(home.tls, 'key'),
    },
    databasePath: database.dsn ?? home.database,
    secretsDir,
    keyFile: secrets.key_file ?? join(secretsDir, '.master.key'),
    checkinIntervalMs: checkin.interval,
    certificateTtlMs: envoys.certificate_ttl,
  };
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true) ?? document.contents;
    if (parent === null || typeof parent !== 'object' || !('items' in parent)) continue;
    for (const item of parent.items as { key?: { value?: unknown; range?: [number, number, number] } }[]) {
      if (item.key?.value === path[depth - 1]) return item.key?.range?.[0];
    }
  }
  return undefined;
}
