import {
  type Claim,
  claimToJson,
  type ErrorKind,
  errorTable,
  type HomePaths,
  tlsOptions,
  VigoError,
} from '../../base/index.js';
import { FilesError, readFileLimited } from '../../files/index.js';
import { CliError } from '../errors.js';

/** Ten thousand envoys with their traits are a tenth of it. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** The server's HTTPS API, called with the local-admin token. */
export interface ApiClient {
  /** The port that machines enroll at, too. */
  readonly port: number;
  /** PEM: the one CA that its certificate is verified with. */
  readonly ca: string;
  /** @throws VigoError of the server's code and message, or CliError `no_server` */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

/** A config problem as the API reports it. */
export interface ApiProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the server refused, in its words. */
export class ApiError extends VigoError {
  readonly problems: readonly ApiProblem[];

  constructor(status: number, error: { code: string; message: string; hint?: string; problems?: ApiProblem[] }) {
    super('api', kindOfStatus(status), error.code, error.message, { hint: error.hint });
    this.problems = error.problems ?? [];
  }
}

/**
 * Finds the server that runs on this host.
 * @param claim which person is behind what is asked for
 * @throws CliError `no_server` where none does, `not_allowed` where its token isn't readable for this user.
 */
export async function connectApi(home: HomePaths, claim?: Claim | undefined): Promise<ApiClient> {
  const { url, ca } = readEndpoint(home.apiEndpoint, await readRunFile(home.apiEndpoint));
  const token = (await readRunFile(home.localAdminToken)).trim();
  const call = <T>(method: string, path: string, body?: unknown) =>
    send<T>({ url, ca, token, claim, method, path, body });
  return {
    port: Number(new URL(url).port) || 443,
    ca,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body ?? {}),
  };
}

function readEndpoint(path: string, text: string): { url: string; ca: string } {
  try {
    const { url, ca } = JSON.parse(text);
    if (typeof ca === 'string' && URL.canParse(url)) return { url, ca };
  } catch {
    // Told below, as everything else that vigosrv doesn't write.
  }
  throw new CliError('no_server', `${path} is damaged, so the server can't be found`, {
    hint: 'restart vigosrv: it writes the file at its start',
  });
}

async function readRunFile(path: string): Promise<string> {
  try {
    return Buffer.from(await readFileLimited(path, 64 * 1024, { private: true })).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'no_permission' || cause.code === 'not_private') {
      throw new CliError('not_allowed', cause.message, { hint: 'run vigocli as the user who runs vigosrv', cause });
    }
    throw new CliError('no_server', 'no vigosrv runs on this host', {
      hint: `start vigosrv, or set VIGO_HOME (looked for ${path})`,
      cause,
    });
  }
}

interface Call {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly claim: Claim | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

async function send<T>({ url, ca, token, claim, method, path, body }: Call): Promise<T> {
  const { request } = await import('node:https'); // not for a command that calls no server: it takes 5 ms to load
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(claim === undefined ? {} : { 'vigo-claimed-by': JSON.stringify(claimToJson(claim)) }),
    ...(content === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    // Every server certificate names localhost, whichever address the server listens on.
    const options = {
      method,
      headers,
      // All of it said: the environment decides what is left out. `agent: false` is no connection of the global agent's,
      // which newer versions of Node send through the proxy that the environment names.
      ...tlsOptions,
      ca,
      rejectUnauthorized: true,
      agent: false,
      servername: 'localhost',
      timeout: TIMEOUT_MS,
    } as const;
    const call = request(new URL(`/api/v1${path}`, url), options, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) call.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      answer.on('end', () => {
        try {
          const json = JSON.parse(Buffer.concat(chunks).toString('utf8'));
          const status = answer.statusCode ?? 500;
          if (status < 400) resolve(json as T);
          else reject(new ApiError(status, json.error));
        } catch (cause) {
          reject(unreachable(url, cause));
        }
      });
    });
    // Not among the options, which Node prints where NODE_DEBUG says so.
    call.setHeader('authorization', `Bearer ${token}`);
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', (cause) => reject(unreachable(url, cause)));
    call.end(content);
  });
}

function unreachable(url: string, cause: unknown): CliError {
  const what = cause instanceof Error ? cause.message : 'it failed';
  return new CliError('no_server', `can't reach vigosrv at ${url}: ${what}`, {
    hint: 'is vigosrv running? its log says why it stopped',
    cause,
  });
}

function kindOfStatus(status: number): ErrorKind {
  // 400 is `invalid` here: wrong usage of this command line was found before anything was sent.
  const kinds = Object.keys(errorTable).filter((kind) => kind !== 'usage') as ErrorKind[];
  return kinds.find((kind) => errorTable[kind].http === status) ?? 'internal';
}
