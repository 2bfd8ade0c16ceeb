import { unitCommand } from '../base/index.js';
import { type AgentPaths, DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR } from './held/paths.js';

/**
 * A systemd unit that runs this agent from now on.
 * @param program the words of its command line, absolute paths
 */
export function agentUnit(program: readonly string[], { configDir, stateDir }: AgentPaths): string {
  const dirs = [
    ...(configDir === DEFAULT_CONFIG_DIR ? [] : ['--config-dir', configDir]),
    ...(stateDir === DEFAULT_STATE_DIR ? [] : ['--state-dir', stateDir]),
  ];
  return `[Unit]
Description=Vigo agent: keeps this machine in its declared state
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${unitCommand([...program, 'run', ...dirs])}
Restart=always
RestartSec=5
# A stop ends the run after the resource that is under way, and doesn't kill what that has started.
KillMode=mixed
TimeoutStopSec=15min
# Keys and secrets are in the memory of this process: no core file of it, and none of what it starts.
LimitCORE=0

[Install]
WantedBy=multi-user.target
`;
}
