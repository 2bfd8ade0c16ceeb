import * as scalar from '../../gen/wasm/aes-256-gcm-scalar.js';
import * as simd from '../../gen/wasm/aes-256-gcm-simd.js';
import type { EmbeddedModule } from '../embedded-module.js';
import { failSelfTest } from '../primitive.js';
import { type Kernel, startKernel } from './kernel.js';
import { passesSelfTest } from './self-test.js';

/** Which build of the kernel works, and why it isn't the fast one where it isn't. */
export interface KernelInfo {
  readonly build: 'simd' | 'scalar';
  /** Of the module's bytes, hexadecimal. */
  readonly sha256: string;
  /** Why the SIMD build was passed over: the machine lacks the instructions, or computes wrongly with them. */
  readonly fallback?: 'no_simd' | 'self_test';
}

/**
 * The SIMD build where this machine runs it and it gives the known answers, otherwise the scalar one. The builds are
 * arguments so that a test can break one.
 * @throws CryptoError `self_test` where neither gives the known answers, or one isn't made of the pinned bytes
 */
export function chooseKernel(
  fast: EmbeddedModule = simd,
  everywhere: EmbeddedModule = scalar,
): { kernel: Kernel; info: KernelInfo } {
  const preferred = startKernel(fast);
  if (preferred !== undefined && passesSelfTest(preferred)) {
    return { kernel: preferred, info: { build: 'simd', sha256: fast.sha256 } };
  }
  const kernel = startKernel(everywhere);
  if (kernel === undefined || !passesSelfTest(kernel)) failSelfTest('AES-256-GCM');
  const fallback = preferred === undefined ? 'no_simd' : 'self_test';
  return { kernel, info: { build: 'scalar', sha256: everywhere.sha256, fallback } };
}
