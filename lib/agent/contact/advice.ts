import type { VigoError } from '../../base/index.js';
import { Rejection, type RejectionReason } from '../../wire/index.js';

/** What somebody who looks after this machine can do where the server refuses it. The agent itself never gives up. */
const ADVICE: Readonly<Record<RejectionReason, string>> = {
  malformed: "update the agent or the server: one doesn't understand the other",
  instance: 'if it lasts, several servers answer at one address: give each its own',
  certificate:
    "the certificate in the configuration folder is another envoy's: put its own one back, or vigo enroll --again",
  unknown:
    'the server may have been restored from a backup: vigo enroll --again brings this machine back by a new token',
  forged: "the key in the configuration folder isn't the one that this envoy enrolled with: put that one back",
  replay: 'if it lasts, this identity is in use twice: look for a copy of this machine',
  clock: "set this machine's clock right, and restart the agent",
  revoked: 'ask who runs the server; to come back as a new envoy, remove the configuration folder and enroll again',
  lapsed: 'vigo enroll --again brings this machine back by a new token',
  clone: 'ask who runs the server: vigocli envoys show says what was seen, release or revoke decides',
  quarantine: 'ask who runs the server: an operator decided it, and vigocli envoys release ends it',
  busy: 'vigo run tries again later, after vigo run --once try again yourself; if it lasts, the server has too much to do',
  stale_bundle: 'nothing, it checks in again',
  entitlement: 'the server and this machine disagree about its policy: publish the config once more',
};

/** A certificate that is too old or too new for the clock of whoever looks at it, in OpenSSL's words. */
const TIME = /certificate (has expired|is not yet valid)|alert certificate expired/i;

/** A server that shows something else than a certificate of the CA that is trusted, for a server, and for its name. */
const STRANGER =
  /verify the first certificate|self-signed certificate|unsuitable certificate purpose|does not match certificate/i;
const NO_TLS = /no TLS 1\.3 connection/;

/** @returns undefined where nobody knows better than the message */
export function adviceFor(problem: VigoError): string | undefined {
  if (problem instanceof Rejection) return ADVICE[problem.code];
  if (TIME.test(problem.message)) return "set this machine's clock right, or renew the server's certificate";
  if (STRANGER.test(problem.message)) {
    return "something else answers in the server's place: look at the name and the route to it, and who asked for its certificate";
  }
  if (NO_TLS.test(problem.message)) return 'something else listens at this address: look at the address and its port';
  return problem.hint;
}
