import { join } from 'node:path';

export const DEFAULT_CONFIG_DIR = '/etc/vigo-envoy';
export const DEFAULT_STATE_DIR = '/var/lib/vigo';

/** Where the agent keeps what it is, below `configDir`, and what it last accepted, below `stateDir`. */
export interface AgentPaths {
  readonly configDir: string;
  readonly identity: string;
  /** 32 raw bytes. */
  readonly signingSeed: string;
  /** The certificate and its key (P-256, PKCS #8), PEM: one file, so that they are always of one generation. */
  readonly tls: string;
  readonly ca: string;
  readonly stateDir: string;
  readonly policy: string;
  readonly watched: string;
  readonly contact: string;
  readonly generation: string;
  readonly lastRun: string;
  readonly runLock: string;
}

export function agentPaths(configDir: string, stateDir: string): AgentPaths {
  return {
    configDir,
    identity: join(configDir, 'identity.json'),
    signingSeed: join(configDir, 'ed25519.seed'),
    tls: join(configDir, 'tls.pem'),
    ca: join(configDir, 'ca.crt'),
    stateDir,
    policy: join(stateDir, 'policy'),
    watched: join(stateDir, 'watched'),
    contact: join(stateDir, 'contact'),
    generation: join(stateDir, 'generation'),
    lastRun: join(stateDir, 'last-run'),
    runLock: join(stateDir, 'run.lock'),
  };
}
