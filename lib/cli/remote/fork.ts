import { formatTime } from '../console/table.js';
import type { ApiFork } from './envoy.js';

/** What an operator needs to decide: what happened, what it can mean, and what there is to do. */
export function describeFork(fork: ApiFork): string[] {
  const { noticed_at, newest_state_of, came_with_state_of, remote_address, other } = fork;
  const older = came_with_state_of === null ? 'no state at all' : `the state of ${formatTime(came_with_state_of)}`;
  const noticed = `${formatTime(noticed_at)}: came from ${remote_address} with ${older}, though there was that of ${formatTime(newest_state_of)}`;
  if (other === null) {
    return [
      noticed,
      'no other state was seen since: a machine that was put back to a snapshot looks like this,',
      'and so does a clone whose original is off; if you put it back: vigocli envoys release',
    ];
  }
  return [
    noticed,
    `another state was here as well, ${formatTime(other.seen_at)} from ${other.remote_address}: two machines are this envoy`,
    'which of them is the copy nobody can tell from here: end one and release, or revoke and enroll anew',
  ];
}
