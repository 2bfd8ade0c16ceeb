import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly arch: string;
  readonly platform: string;
  readonly release: string;
  /** The processor's instruction sets that decide how fast cryptography is, as Linux names them. */
  readonly features: string[];
}

/** On x64 and on ARM. What isn't here changes none of the figures. */
const FEATURES = [
  ...['ssse3', 'sse4_1', 'avx', 'avx2', 'avx512f', 'bmi2', 'aes', 'pclmulqdq', 'vaes', 'vpclmulqdq', 'gfni', 'sha_ni'],
  ...['neon', 'asimd', 'pmull', 'sha1', 'sha2', 'sha3', 'sve'],
];

const CPU_INFO = '/proc/cpuinfo';
/** Where small ARM machines say what they are. */
const DEVICE_MODEL = '/proc/device-tree/model';

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  const model = existsSync(DEVICE_MODEL) ? (await readFile(DEVICE_MODEL, 'utf8')).replaceAll('\0', '') : undefined;
  const cpuInfo = existsSync(CPU_INFO) ? await readFile(CPU_INFO, 'utf8') : '';
  return {
    processor: [processors[0]?.model.trim(), model].filter(Boolean).join(', ') || 'unknown processor',
    processors: processors.length,
    arch: process.arch,
    platform: process.platform,
    release: release(),
    features: featuresOf(cpuInfo, process.arch),
  };
}

/** Reads the first processor's `flags` (x64) or `Features` (ARM). In an emulator the file may be another processor's: none. */
export function featuresOf(cpuInfo: string, arch: string): string[] {
  const line = arch === 'x64' ? /^flags\s*:(.*)$/m : /^Features\s*:(.*)$/m;
  const flags = line.exec(cpuInfo)?.[1]?.split(' ') ?? [];
  return FEATURES.filter((feature) => flags.includes(feature));
}
