import { dirname } from 'node:path';
import { DEFAULT_HOME, unitCommand, unitWord } from '../../base/index.js';

/** Absolute paths. */
export interface ServerPlaces {
  readonly home: string;
  /** `server.yaml`, where it isn't in the home. */
  readonly settingsFile: string | undefined;
  /** The one thing that a server writes which may lie elsewhere; certificates and secrets it only reads. */
  readonly databasePath: string;
}

/**
 * A systemd unit that runs this server.
 * @param program the words of its command line, absolute paths
 */
export function serverUnit(program: readonly string[], { home, settingsFile, databasePath }: ServerPlaces): string {
  const database = dirname(databasePath);
  const written = [home, ...(`${database}/`.startsWith(`${home}/`) ? [] : [database])];
  const environment = [
    ...(home === DEFAULT_HOME ? [] : [`VIGO_HOME=${home}`]),
    ...(settingsFile === undefined ? [] : [`VIGO_CONFIG_FILE=${settingsFile}`]),
  ];
  return `[Unit]
Description=Vigo server
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${unitCommand(program)}
${environment.map((setting) => `Environment=${unitWord(setting)}\n`).join('')}ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
# Every connection is a file descriptor: 20,000 of agents, 2,000 over HTTPS.
LimitNOFILE=65536
# Keys and secrets are in the memory of this process: no core file of it, and none of it in the swap.
LimitCORE=0
MemorySwapMax=0
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${written.map(unitWord).join(' ')}
UMask=0077
# Of what root may: reading and writing the server's files, whoever owns them, and listening on any port.
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_CHOWN CAP_NET_BIND_SERVICE
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}
