import { DEFAULT_HOME, unitCommand, unitWord } from '../base/index.js';

/**
 * A systemd unit that runs this server.
 * @param program the words of its command line, absolute paths
 * @param home an absolute path
 */
export function serverUnit(program: readonly string[], home: string, settingsFile: string | undefined): string {
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
${environment.map((setting) => `Environment=${unitWord(setting)}\n`).join('')}Restart=on-failure
RestartSec=5
# Every connection is a file descriptor: 20,000 of agents, 2,000 over HTTPS.
LimitNOFILE=65536
# Keys and secrets are in the memory of this process: no core file of it, and none of it in the swap.
LimitCORE=0
MemorySwapMax=0
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${unitWord(home)}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}
