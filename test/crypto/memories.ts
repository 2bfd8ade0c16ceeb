/**
 * Watches the memory of every WebAssembly instance made from now on.
 * @returns how many of them hold these bytes
 */
export function captureMemories(): (bytes: Uint8Array) => number {
  type Instance = new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } };
  const webAssembly = Reflect.get(globalThis, 'WebAssembly') as { Instance: Instance };
  const memories: { buffer: ArrayBuffer }[] = [];
  webAssembly.Instance = class extends webAssembly.Instance {
    constructor(module: object) {
      super(module);
      memories.push(this.exports.memory);
    }
  };
  return (bytes) => memories.filter(({ buffer }) => Buffer.from(buffer).indexOf(bytes) >= 0).length;
}
