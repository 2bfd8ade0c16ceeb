import { inspect } from 'node:util';
import t from 'tap';
import { BaseError, type ErrorKind, errorTable, VigoError } from '../../lib/base/index.js';

/** Names as the gRPC specification numbers them. */
const GRPC = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

t.test('what each kind becomes outside', async (t) => {
  const expected: Record<ErrorKind, { exit: number; http: number; grpc: number }> = {
    usage: { exit: 2, http: 400, grpc: GRPC.INVALID_ARGUMENT },
    invalid: { exit: 1, http: 400, grpc: GRPC.INVALID_ARGUMENT },
    unauthenticated: { exit: 3, http: 401, grpc: GRPC.UNAUTHENTICATED },
    denied: { exit: 3, http: 403, grpc: GRPC.PERMISSION_DENIED },
    locked: { exit: 3, http: 403, grpc: GRPC.PERMISSION_DENIED },
    not_found: { exit: 4, http: 404, grpc: GRPC.NOT_FOUND },
    conflict: { exit: 1, http: 409, grpc: GRPC.ALREADY_EXISTS },
    precondition: { exit: 1, http: 412, grpc: GRPC.FAILED_PRECONDITION },
    exhausted: { exit: 1, http: 429, grpc: GRPC.RESOURCE_EXHAUSTED },
    unavailable: { exit: 1, http: 503, grpc: GRPC.UNAVAILABLE },
    corrupt: { exit: 1, http: 500, grpc: GRPC.DATA_LOSS },
    internal: { exit: 1, http: 500, grpc: GRPC.INTERNAL },
  };
  t.strictSame(errorTable, expected);
});

t.test('no error ends a process as if all were well', async (t) => {
  for (const { exit, http, grpc } of Object.values(errorTable)) {
    t.ok(exit >= 1 && exit <= 4);
    t.ok(http >= 400);
    t.ok(grpc > 0);
  }
});

t.test("a room's error carries room, kind, code, hint and cause", async (t) => {
  const cause = new Error('private');
  const error = new BaseError('bad_glob', 'no pattern', { hint: 'like web-*', cause });
  t.ok(error instanceof VigoError && error instanceof Error);
  t.match(error, { name: 'BaseError', room: 'base', kind: 'invalid', code: 'bad_glob', hint: 'like web-*', cause });
  t.equal(error.message, 'no pattern');
  t.notMatch(JSON.stringify(error), 'private');
  t.match(inspect(error), /BaseError: no pattern/);
});

t.test('without details there is neither hint nor cause', async (t) => {
  const error = new BaseError('bad_id', 'no id');
  t.equal(error.hint, undefined);
  t.notOk('cause' in error);
});
