import { Metadata, status } from '@grpc/grpc-js';
import t from 'tap';
import { BaseError, type ErrorKind, errorTable, VigoError } from '../../lib/base/index.js';
import { RpcError } from '../../lib/rpc/errors.js';
import { isServerFault } from '../../lib/rpc/server-fault.js';
import { errorOf, statusOf } from '../../lib/rpc/status.js';
import { REJECTION_TRAILER, Rejection, type RejectionReason } from '../../lib/wire/index.js';

const REASONS: readonly RejectionReason[] = [
  'malformed',
  'instance',
  'certificate',
  'unknown',
  'forged',
  'replay',
  'clock',
  'revoked',
  'lapsed',
  'clone',
  'busy',
  'stale_bundle',
  'entitlement',
];

function thereAndBack(error: unknown): RpcError | Rejection {
  return errorOf(statusOf(error), 'the server');
}

t.test('a rejection arrives as itself', async (t) => {
  for (const reason of REASONS) {
    const sent = new Rejection(reason, `because of ${reason}`);
    const got = thereAndBack(sent);
    t.type(got, Rejection);
    t.match(got, { code: reason, kind: sent.kind, message: sent.message });
    t.equal(statusOf(sent).code, errorTable[sent.kind].grpc);
  }
  const instance = new Uint8Array(16).fill(9);
  t.same((thereAndBack(new Rejection('instance', 'x', { instance })) as Rejection).instance, Buffer.from(instance));
  t.match(thereAndBack(new Rejection('replay', 'x', { highestSequence: 77 })), { highestSequence: 77 });
});

t.test('an error of each kind has the status of the one table, and a code on the other side', async (t) => {
  const codes: Record<ErrorKind, string> = {
    usage: 'invalid',
    invalid: 'invalid',
    unauthenticated: 'refused',
    denied: 'refused',
    locked: 'refused',
    not_found: 'failed',
    conflict: 'failed',
    precondition: 'failed',
    exhausted: 'too_large',
    unavailable: 'unavailable',
    corrupt: 'failed',
    internal: 'failed',
  };
  for (const [kind, code] of Object.entries(codes) as [ErrorKind, string][]) {
    const error = new VigoError('room', kind, 'code', 'what went wrong');
    t.equal(statusOf(error).code, errorTable[kind].grpc, kind);
    const got = thereAndBack(error);
    t.type(got, RpcError);
    t.match(got, { code, message: /what went wrong/ }, kind);
    t.equal(isServerFault(error), kind === 'internal' || kind === 'corrupt', kind);
    const ofDisk = new VigoError('store', kind, 'code', 'the disk is full');
    t.equal(isServerFault(ofDisk), ['internal', 'corrupt', 'exhausted', 'unavailable'].includes(kind), kind);
  }
});

t.test('an error that is not ours says nothing', async (t) => {
  for (const error of [new TypeError('the value was hunter2'), 'hunter2', undefined, { code: 0, details: 'hunter2' }]) {
    const sent = statusOf(error);
    t.equal(sent.code, status.INTERNAL);
    t.notMatch(JSON.stringify(sent), /hunter2/);
    t.equal(isServerFault(error), true);
  }
  t.notMatch(JSON.stringify(statusOf(new BaseError('bad_id', 'x', { cause: new Error('hunter2') }))), /hunter2/);
});

t.test('statuses of gRPC itself', async (t) => {
  for (const [code, expected] of [
    [status.UNAVAILABLE, 'unavailable'],
    [status.DEADLINE_EXCEEDED, 'deadline'],
    [status.CANCELLED, 'cancelled'],
    [status.UNIMPLEMENTED, 'failed'],
    [status.UNKNOWN, 'failed'],
  ] as const) {
    t.match(errorOf({ code, details: '', metadata: new Metadata() }, 'x'), { name: 'RpcError', code: expected });
  }
});

t.test('a connection that does not come about, in words', async (t) => {
  const openssl = '808C2D9D4A7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/x.c:350: ';
  for (const [details, words] of [
    [
      'No connection established. Last error: Error: certificate has expired. Resolution note: ',
      'certificate has expired',
    ],
    ['No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
    [
      `No connection established. Last error: Error: ${openssl}. Resolution note: `,
      'no TLS 1.3 connection: wrong version number',
    ],
    ['Connection dropped', 'Connection dropped'],
  ] as const) {
    t.equal(errorOf({ code: status.UNAVAILABLE, details, metadata: new Metadata() }, 'x').message, `x: ${words}`);
  }
});

t.test('a rejection that is junk', async (t) => {
  const metadata = new Metadata();
  metadata.set(REJECTION_TRAILER, Buffer.from('junk'));
  t.match(errorOf({ code: status.PERMISSION_DENIED, details: '', metadata }, 'x'), {
    name: 'RpcError',
    code: 'failed',
  });
});

t.test('a text that would break its header, or a terminal', async (t) => {
  const { details } = statusOf(new BaseError('bad_id', `\ud800\u001b[31m\r\n${'x'.repeat(10_000)}`));
  t.doesNotThrow(() => encodeURI(details));
  t.notMatch(details, /\p{Cc}/u);
  t.equal(details.length, 500);
  const got = errorOf({ code: status.UNKNOWN, details: '\u001b]0;owned\u0007', metadata: new Metadata() }, 'x');
  t.notMatch(got.message, /\p{Cc}/u);
});
