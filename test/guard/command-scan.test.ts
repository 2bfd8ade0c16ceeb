import t from 'tap';
import { scanCommand } from '../../lib/guard/command-scan.js';
import { ProtectedPaths } from '../../lib/guard/protected-paths.js';

const own = new ProtectedPaths(['/srv/vigo', '/etc/vigo-envoy']);
const rules = (command: string) => scanCommand(command, own).map(({ rule }) => rule);

const refused: Readonly<Record<string, readonly string[]>> = {
  system_root: [
    'rm -rf /',
    'rm -fr --no-preserve-root /',
    'rm --recursive /etc/',
    'rm -r "/usr"',
    "rm -rf '/home'/*",
    'sudo -n rm -rf /var',
    'cd /tmp && rm -rf /boot; true',
    'true || /bin/rm -R /lib/',
    'if true; then rm -rf /etc; fi',
    'bash -c "rm -rf /etc"',
    `sh -c "sh -c 'rm -rf /etc'"`,
    'echo $(rm -rf /etc)',
    'echo `rm -rf /etc`',
    'chmod -R 777 /',
    'chown -R nobody /usr',
    'find / -name x -delete',
    'rm -r\\\nf /etc',
  ],
  raw_device: [
    'mkfs.ext4 /dev/sdb1',
    'mkfs -t xfs /dev/nvme0n1',
    'dd if=/dev/zero of=/dev/sda bs=1M',
    'cat image > /dev/sda',
    'cat image >/dev/sda',
    'zcat image | tee /dev/mmcblk0',
    'wipefs -a /dev/vda',
  ],
  vigo_service: [
    'systemctl stop vigo',
    'systemctl disable --now vigosrv.service',
    'systemctl restart vigo.service',
    'service vigosrv stop',
    'pkill -9 vigo',
    'apt-get purge -y vigo',
    'dpkg -r vigo',
    'rpm -e vigo',
  ],
  vigo_path: [
    'cat /srv/vigo/secrets/.master.key',
    'cat "/srv/vigo"/keys/policy',
    'tar czf /tmp/x.tgz --directory=/srv/vigo .',
    'cp /srv//vigo/./db/vigo.db /tmp',
    'cat /srv/x/../vigo/secrets/a',
    'echo x > /etc/vigo-envoy/identity',
    `python3 -c "open('/srv/vigo/secrets/a')"`,
    'dd if=/srv/vigo/.master.key',
    'cat </srv/vigo/keys/a',
  ],
};

for (const [rule, commands] of Object.entries(refused)) {
  t.test(`refused as ${rule}`, async (t) => {
    for (const command of commands) t.ok(rules(command).includes(rule as never), command);
  });
}

t.test('removing a folder above Vigo is about Vigo too', async (t) => {
  t.same(rules('rm -rf /srv').sort(), ['system_root', 'vigo_path']);
  t.same(rules('rm -rf /srv/*').sort(), ['system_root', 'vigo_path']);
});

t.test('everyday commands pass', async (t) => {
  for (const command of [
    'rm -rf /etc/app /var/cache/app',
    'rm -f /etc/hosts.bak',
    'rm /',
    "echo 'rm -rf /etc'",
    'true # rm -rf /etc',
    'dd if=/dev/urandom of=/root/seed count=1',
    'dd if=/dev/zero of=/dev/null count=1',
    'make install > /dev/null 2>&1',
    'systemctl reload nginx',
    'systemctl is-active vigo',
    'systemctl status vigo.service',
    'apt-get install -y vigo',
    'apt-get purge -y nginx',
    'ls /srv/vigo.bak /srv/vigor /opt/srv/vigo',
    'find /var/log/app -name "*.gz" -delete',
    'chmod -R g+w /srv/app',
    "printf '%s' 'it'\\''s fine'",
    '',
  ]) {
    t.same(rules(command), [], command);
  }
});

// Where each word or character is looked at once for each other one, these take a minute.
t.test('128 KiB of anything is judged', async (t) => {
  const bytes = 1 << 17;
  const fill = (piece: string) => piece.repeat(bytes / piece.length);
  const numbered = (piece: (i: number) => string) => Array.from({ length: bytes / 24 }, (_, i) => piece(i)).join(' ');
  for (const [command, rule] of [
    [fill('rm '), undefined],
    [`${fill('rm ')} -r /usr`, 'system_root'],
    [`rm ${fill('/a ')} -r /usr`, 'system_root'],
    [`${fill('find ')} /usr -delete`, 'system_root'],
    [numbered((i) => `mkfs.${i} /dev/a${i}`), 'raw_device'],
    [fill('dd of=/dev/a '), 'raw_device'],
    [fill('> '), undefined],
    [`${fill('systemctl ')} vigo`, 'vigo_service'],
    [`${fill('apt ')} vigo remove`, 'vigo_service'],
    [`rm -${fill('r')}0`, undefined],
    [`rm -r ${fill('/*')}0`, undefined],
    [fill("sh 'sh "), undefined],
    [`${fill('sh "a b" ')} "rm -r /usr"`, 'system_root'],
    [fill('/srv/vigo'), 'vigo_path'],
    [`rm -r ${fill('../')} /${fill('a/b/../')}`, undefined],
  ] as const) {
    t.same([...new Set(rules(command))], rule === undefined ? [] : [rule], command.slice(0, 20));
  }
});
