import type { Lifetime } from '../../../pki/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';
import { tlsDirOption } from '../../host/certificates.js';
import type { CertificateState, PkiState, StatementState } from '../../host/pki-state.js';

export const command: Command = {
  usage: 'pki show',
  summary: 'Show the CAs, the server certificate, the keys, and how far the envoys have followed',
  options: [tlsDirOption, { name: 'json', summary: 'Print JSON' }],
  examples: ['pki show', 'pki show --json'],
  async run(context, _, flags) {
    const { readPkiState } = await import('../../host/pki-state.js');
    const state = await readPkiState(context);
    if (flags.is('json')) return context.json(viewOf(state));
    const { line, table, note } = context;
    const { authorities, server, keys, statements } = state;
    line(`trust domain    ${state.trustDomain}`);
    line(`server          good for ${server.names.join(', ')}`);
    line(`                from ${formatTime(server.notBeforeMs)} until ${formatTime(server.notAfterMs)}`);
    line(`policy key      ${keys.policy}, ${sinceWhen(statements)}`);
    line(`checkpoint key  ${keys.checkpoint}, ${sinceWhen(statements)}`);
    line('');
    table(
      ['CA', 'SUBJECT', 'FROM', 'UNTIL', 'ENVOYS', 'SHA-256'],
      authorities.map(({ sha256, subject, notBeforeMs, notAfterMs, envoys }, i) => {
        const role = i === authorities.length - 1 ? 'signs' : 'counts yet';
        return [role, subject, formatTime(notBeforeMs), formatTime(notAfterMs), String(envoys), sha256];
      }),
    );
    if (statements.length > 0) line('');
    table(
      ['STATEMENT', 'OF', 'SAYS'],
      statements.map((statement, i) => {
        const { number, issuedAtMs } = statement;
        return [String(number), formatTime(issuedAtMs), describeStatement(statement, statements[i - 1])];
      }),
    );
    for (const advice of adviceFor(state)) note(advice);
  },
};

function sinceWhen(statements: readonly StatementState[]): string {
  const since = statements.findLast(({ replacesKeys }) => replacesKeys);
  return since === undefined ? 'since the vault was made' : `since ${formatTime(since.issuedAtMs)}`;
}

function describeStatement({ replacesKeys, authorities }: StatementState, before: StatementState | undefined): string {
  const count = authorities.length === 1 ? 'one CA counts' : `${authorities.length} CAs count`;
  const isOther = before === undefined ? authorities.length > 1 : before.authorities.join() !== authorities.join();
  const changes = [...(replacesKeys ? ['the keys are replaced'] : []), ...(isOther ? [count] : [])];
  return changes.join(', ') || count;
}

/** What an operator should do next, if anything. */
function adviceFor(state: PkiState): string[] {
  const { authorities, server, late, isCaMissing } = state;
  const present = authorities.at(-1);
  const advice: string[] = [];
  if (isCaMissing) advice.push("the chain leads to a CA that isn't there: vigocli pki rotate-ca makes another one");
  if (!server.isOfPresentCa) advice.push('the server certificate is of another CA: vigocli pki renew-server');
  else if (isDue(server)) advice.push(`the server certificate ${ends(server)}: vigocli pki renew-server`);
  if (present !== undefined && isDue(present)) advice.push(`the CA ${ends(present)}: vigocli pki rotate-ca`);
  if (authorities.length > 1) {
    advice.push(
      late.length === 0
        ? 'every envoy has followed: vigocli pki rotate-ca --finish ends the roll-over'
        : `yet to follow: ${late.join(', ')}`,
    );
  }
  return advice;
}

function isDue({ state }: Lifetime): boolean {
  return state === 'ending' || state === 'expired';
}

function ends({ state, notAfterMs }: Lifetime): string {
  return `${state === 'expired' ? 'ended' : 'ends'} ${formatTime(notAfterMs)}`;
}

/** For programs: names as the API has them, times in milliseconds since 1970. */
function viewOf(state: PkiState) {
  const { trustDomain, authorities, server, keys, statements, late } = state;
  const since = statements.findLast(({ replacesKeys }) => replacesKeys)?.issuedAtMs ?? null;
  return {
    trust_domain: trustDomain,
    authorities: authorities.map((authority, i) => ({
      ...certificateView(authority),
      signs: i === authorities.length - 1,
      envoys: authority.envoys,
    })),
    server: { ...certificateView(server), names: server.names, is_of_present_ca: server.isOfPresentCa },
    policy_key: { id: keys.policy, since },
    checkpoint_key: { id: keys.checkpoint, since },
    statements: statements.map(({ number, issuedAtMs, replacesKeys, authorities }) => ({
      number,
      issued_at: issuedAtMs,
      replaces_keys: replacesKeys,
      authorities,
    })),
    late,
    advice: adviceFor(state),
  };
}

function certificateView({ sha256, subject, notBeforeMs, notAfterMs, state }: CertificateState) {
  return { sha256, subject, not_before: notBeforeMs, not_after: notAfterMs, state };
}
