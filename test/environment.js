import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

/**
 * Jest runs each test file in a realm of its own, whose typed arrays are not those of Node's modules and of WebAssembly
 * memories, so `instanceof Float32Array` would fail on them. This environment shares the outer realm's binary types.
 */
export default class SharedBinaryTypes extends NodeEnvironment {
  async setup() {
    await super.setup();
    for (const type of [
      ArrayBuffer,
      SharedArrayBuffer,
      DataView,
      Atomics,
      WebAssembly,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ]) {
      const name = type === Atomics ? 'Atomics' : type === WebAssembly ? 'WebAssembly' : type.name;
      this.global[name] = type;
    }
  }
}
