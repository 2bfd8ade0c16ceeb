// The machines that the core is run on, and how a program is started on each: directly where this machine's processor
// can, else in qemu's user-mode emulation.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Downloads, outside the project. `VIGO_ARCH_CACHE` moves it. */
export const cache =
  process.env.VIGO_ARCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vigo-arch');

/** What npm, Debian and qemu call the architectures. Node has no official armv7 builds after version 22. */
export const architectures = {
  x64: { npm: 'x64', debian: 'amd64', qemu: 'qemu-x86_64-static', libraries: [] },
  arm64: { npm: 'arm64', debian: 'arm64', qemu: 'qemu-aarch64-static', libraries: [] },
  arm: { npm: 'armv7l', debian: 'armhf', qemu: 'qemu-arm-static', libraries: ['libatomic1'] },
};

/**
 * `cpu` is a model of qemu's: such a machine is always emulated. The first one of each architecture is also measured.
 */
export const machines = [
  { name: 'x64', arch: 'x64', node: '20.20.2', isMeasured: true },
  { name: 'x64, Node 22', arch: 'x64', node: '22.23.3' },
  { name: 'x64, Node 24', arch: 'x64', node: '24.21.0' },
  { name: 'x64, Node 26', arch: 'x64', node: '26.10.0' },
  // Liftoff of Node 20 and 22 once miscompiled a shuffle on processors like this one.
  { name: 'x64 without AVX', arch: 'x64', node: '20.20.2', cpu: 'Nehalem' },
  { name: 'x64 without AVX, Node 22', arch: 'x64', node: '22.23.3', cpu: 'Nehalem' },
  { name: 'x64 without SSE4.1', arch: 'x64', node: '20.20.2', cpu: 'qemu64' },
  { name: 'arm64', arch: 'arm64', node: '20.20.2', isMeasured: true },
  { name: 'armv7', arch: 'arm', node: '20.11.0', isMeasured: true },
];

export function isEmulated({ arch, cpu }) {
  return arch !== process.arch || cpu !== undefined;
}

/** Where the Node of a machine lies once it was fetched. */
export function nodeOf({ arch, node }) {
  return join(cache, `node-${architectures[arch].npm}-${node}`, 'package/bin/node');
}

/** Where the libraries of an architecture lie once they were fetched. */
export function librariesOf(arch) {
  return join(cache, `libraries-${architectures[arch].debian}`);
}

/** The emulator: the system's, or the one that was fetched. */
export function emulatorOf(arch) {
  const name = architectures[arch].qemu;
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(cache, 'qemu/usr/bin')];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** The command that starts Node on a machine, or what is missing for it. */
export function startOf(machine) {
  const node = nodeOf(machine);
  if (!existsSync(node)) return { missing: `Node ${machine.node} for ${machine.arch}` };
  if (!isEmulated(machine)) return { command: [node] };
  const emulator = emulatorOf(machine.arch);
  if (emulator === undefined) return { missing: architectures[machine.arch].qemu };
  const libraries = librariesOf(machine.arch);
  if (!existsSync(libraries)) return { missing: `the C library for ${machine.arch}` };
  const cpu = machine.cpu === undefined ? [] : ['-cpu', machine.cpu];
  return { command: [emulator, ...cpu, '-L', libraries, node] };
}

/** How a machine is run, in a few words. */
export function describe(machine) {
  if (!isEmulated(machine)) return 'this processor';
  const { stdout } = spawnSync(emulatorOf(machine.arch) ?? '', ['--version'], { encoding: 'utf8' });
  return `emulated by qemu ${/version ([\d.]+)/.exec(stdout ?? '')?.[1] ?? ''}`;
}
