import t from 'tap';
import { encodeCanonical, errorTable, MARKER_START } from '../../lib/base/index.js';
import {
  decodeRejection,
  encodeRejection,
  Rejection,
  type RejectionReason,
  rejectionFromJson,
  rejectionToJson,
} from '../../lib/wire/index.js';
import { survivesJunk } from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };
const HTTP: Record<RejectionReason, number> = {
  malformed: 400,
  instance: 412,
  certificate: 401,
  unknown: 401,
  forged: 401,
  replay: 401,
  clock: 412,
  revoked: 403,
  lapsed: 403,
  clone: 403,
  quarantine: 403,
  busy: 429,
  stale_bundle: 412,
  entitlement: 403,
};
const REASONS = Object.keys(HTTP) as RejectionReason[];
const instance = Buffer.alloc(16, 3);
const revocation = Buffer.alloc(64, 4);

t.test('each reason there and back', async (t) => {
  for (const reason of REASONS) {
    for (const details of [
      {},
      { instance },
      { highestSequence: 12 },
      { instance, highestSequence: 2 ** 53 - 1 },
      { revocation },
    ]) {
      const sent = new Rejection(reason, 'no', { ...details, cause: new Error(MARKER_START) });
      const got = decodeRejection(encodeRejection(sent), 'no');
      t.match(got, { name: 'Rejection', code: reason, kind: sent.kind, message: 'no' });
      t.same(
        [got.instance, got.highestSequence, got.revocation],
        [sent.instance, sent.highestSequence, sent.revocation],
      );
      t.equal(errorTable[got.kind].http, HTTP[reason]);
      t.same(Buffer.from(encodeRejection(got)), Buffer.from(encodeRejection(sent)));
      t.equal(Buffer.from(encodeRejection(sent)).includes(MARKER_START), false, 'the cause stays here');
    }
  }
});

t.test('each reason there and back as JSON', async (t) => {
  const words = { message: 'no', hint: 'do this' };
  for (const reason of REASONS) {
    for (const details of [{}, { instance, hint: 'do this' }, { highestSequence: 12 }, { revocation }]) {
      const sent = new Rejection(reason, 'no', { ...details, cause: new Error(MARKER_START) });
      const text = JSON.stringify(rejectionToJson(sent));
      t.notMatch(text, MARKER_START, 'the cause stays here');
      const got = rejectionFromJson(JSON.parse(text), words);
      t.match(got, { name: 'Rejection', code: reason, kind: sent.kind, ...words });
      t.same(got?.instance && Buffer.from(got.instance), sent.instance);
      t.equal(got?.highestSequence, sent.highestSequence);
      t.same(got?.revocation && Buffer.from(got.revocation), sent.revocation);
    }
  }
  for (const other of [
    undefined,
    null,
    [],
    'replay',
    {},
    { code: 'enrollment_refused' },
    { code: 'toString' },
    { code: 'instance', instance: 'AAAA' },
    { code: 'replay', highest_sequence: -1 },
    { code: 'replay', highest_sequence: 2 ** 53 },
  ]) {
    t.equal(rejectionFromJson(other, words), undefined, JSON.stringify(other));
  }
});

t.test('fields of another shape', async (t) => {
  const TAG = 'vigo/rejection/v1';
  const none = new Uint8Array();
  t.doesNotThrow(() => decodeRejection(encodeCanonical(TAG, 'replay', none, 0, none), 'x'));
  for (const [what, bytes] of [
    ['no bytes', none],
    ['another tag', encodeCanonical('vigo/refusal/v1', 'replay', none, 0)],
    ['a field too few', encodeCanonical(TAG, 'replay', none, 0)],
    ['a field too many', encodeCanonical(TAG, 'replay', none, 0, none, none)],
    ['an unknown reason', encodeCanonical(TAG, 'whim', none, 0, none)],
    ['a reason that every object has', encodeCanonical(TAG, 'toString', none, 0, none)],
    ['a short instance', encodeCanonical(TAG, 'instance', new Uint8Array(15), 0, none)],
    ['a short proof', encodeCanonical(TAG, 'revoked', none, 0, new Uint8Array(63))],
    ['a sequence of 2^53', encodeCanonical(TAG, 'replay', none, Buffer.from('0020000000000000', 'hex'), none)],
  ] as const) {
    t.throws(() => decodeRejection(bytes, 'x'), malformed, what);
  }
});

t.test('junk', async (t) => {
  const sample = encodeRejection(new Rejection('instance', 'x', { instance }));
  survivesJunk(t, (bytes) => decodeRejection(bytes, 'x'), encodeRejection, sample);
});
