// Downloads what the machines need: Node from npm's registry; the C libraries and qemu from Debian. Neither the system nor
// its package lists are touched, and root isn't needed; signatures and checksums are apt's and npm's business.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectures, cache, emulatorOf, isEmulated, librariesOf, machines, nodeOf } from './machines.mjs';

/** Where this machine has Debian from, and nothing else that it has. */
const DEBIAN_SOURCES = '/etc/apt/sources.list.d/debian.sources';

/** Downloads what isn't there yet. */
export function fetchMissing() {
  mkdirSync(cache, { recursive: true });
  for (const machine of machines) if (!existsSync(nodeOf(machine))) fetchNode(machine);
  const emulated = [...new Set(machines.filter(isEmulated).map(({ arch }) => arch))];
  const apt = once(openApt);
  for (const arch of emulated) {
    if (emulatorOf(arch) === undefined) apt().unpack(join(cache, 'qemu'), ['qemu-user-static']);
    if (existsSync(librariesOf(arch))) continue;
    const { debian, libraries } = architectures[arch];
    const packages = ['libc6', 'libstdc++6', 'libgcc-s1', ...libraries].map((name) => `${name}:${debian}`);
    apt().unpack(librariesOf(arch), packages);
  }
  rmSync(join(cache, 'apt'), { recursive: true, force: true });
}

function fetchNode(machine) {
  const packageName = `node-linux-${architectures[machine.arch].npm}@${machine.node}`;
  console.error(`fetching ${packageName}`);
  intoFolder(join(nodeOf(machine), '../../..'), (folder) => {
    const file = execFileSync('npm', ['pack', '--silent', packageName], { cwd: folder, encoding: 'utf8' }).trim();
    execFileSync('tar', ['xzf', file, 'package/bin/node'], { cwd: folder });
    rmSync(join(folder, file));
  });
}

/** An apt with lists, a cache and a set of architectures of its own, on the machine's sources. */
function openApt() {
  const home = join(cache, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(home, folder), { recursive: true });
  const host = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const all = [...new Set([host, ...Object.values(architectures).map(({ debian }) => debian)])];
  writeFileSync(join(home, 'status'), '');
  const options = Object.entries({
    'Dir::Etc::sourcelist': DEBIAN_SOURCES,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(home, 'lists'),
    'Dir::State::status': join(home, 'status'),
    'Dir::Cache': join(home, 'cache'),
    'APT::Sandbox::User': 'root',
  }).map(([name, value]) => `-o${name}=${value}`);
  const foreign = all.map((name) => `-oAPT::Architectures::=${name}`);
  const apt = (args, cwd) =>
    execFileSync('apt-get', ['-qq', ...options, ...foreign, ...args], { cwd, stdio: ['ignore', 2, 2] });
  try {
    apt(['update'], home);
  } catch {
    // apt has said which list it couldn't get; whether a package is missing because of that shows below.
  }
  return {
    unpack(target, packages) {
      console.error(`fetching ${packages.join(' ')}`);
      intoFolder(target, (folder) => {
        apt(['download', ...packages], folder);
        for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
          execFileSync('dpkg', ['-x', file, folder], { cwd: folder });
          rmSync(join(folder, file));
        }
      });
    },
  };
}

/** A folder is there whole or not at all. */
function intoFolder(target, fill) {
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  fill(partial);
  renameSync(partial, target);
}

function once(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}
