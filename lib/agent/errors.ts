import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const AGENT_ERRORS = {
  usage: 'usage', // the command line is wrong
  already_enrolled: 'conflict',
  not_enrolled: 'precondition',
  bad_identity: 'corrupt', // what lies in the configuration folder doesn't fit together
  bad_state: 'corrupt', // what lies in the state folder isn't what this agent wrote
  unreachable: 'unavailable', // no connection, or one that broke
  untrusted: 'denied', // the server's certificate isn't that CA's, or isn't for this name
  refused: 'denied', // the server doesn't enroll this machine
  bad_answer: 'internal', // the server answered something that isn't an answer
  unproven: 'unauthenticated', // the server claims what only its policy key can say
  rollback: 'denied', // something older than what was accepted before
  wrong_clock: 'precondition', // it differs from the server's; a diagnosis, never thrown
  no_policy: 'unavailable', // nothing was ever received
  unresolved: 'not_found', // the server gives no value of a secret
  incomplete: 'internal', // some resources failed
  refused_resource: 'precondition', // what lies on the machine is nothing that an executor may touch
  command_failed: 'internal',
} as const satisfies Record<string, ErrorKind>;

export type AgentErrorCode = keyof typeof AGENT_ERRORS;

/** What keeps a machine from becoming an envoy or from reaching its declared state. */
export class AgentError extends VigoError<AgentErrorCode> {
  constructor(code: AgentErrorCode, message: string, details?: ErrorDetails) {
    super('agent', AGENT_ERRORS[code], code, message, details);
  }
}
