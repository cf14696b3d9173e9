import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { PackedFilters } from './kernels/packed-filters.ts';
import type { Runtime } from './runtime/runtime.ts';

/** What the backend knows of one tensor's data: the cpu backend's record, and where the numbers lie in shared memory. */
interface Stored {
  values?: backend_util.BackendValues;
  dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  /** Where float32 numbers lie in shared memory; `values` is then a view of them. */
  address?: number;
  /** Where a float32 copy of integer or boolean values lies in shared memory, once a kernel of ours has asked for one. */
  floatCopy?: number;
}

/** A tensor that a kernel of ours is about to fill. */
export interface Output {
  info: TensorInfo;
  address: number;
}

/** Data above this size stays outside shared memory until a kernel of ours wants it: a data set is read in slices. */
const largestCopiedIn = 2 ** 28;

/** Filters of inference that stay packed take this much at most. */
const mostPackedBytes = 2 ** 28;

let nextId = 0;

/**
 * tfjs's cpu backend with the numbers of float32 tensors in one shared memory, where kernels in WebAssembly work on them.
 *
 * Kernels inherited from `cpu` see `values`, typed arrays as ever, which are views of shared memory where a kernel of ours has
 * touched the tensor. What they return stays an ordinary array until a kernel of ours asks for its address. Memory of a
 * tensor is reused as soon as the last reference is disposed of, so everything that is read out is a copy.
 */
export class SimdBackend extends MathBackendCPU {
  readonly runtime: Runtime;
  /** Filters as the kernels read them, by data id; values under one id never change. */
  readonly packedFilters: PackedFilters;
  readonly #addresses = new Set<number>();
  /** Outputs of the kernel that runs, which are given back if it throws. */
  #made: object[] | undefined;

  constructor(runtime: Runtime) {
    super();
    this.runtime = runtime;
    this.packedFilters = new PackedFilters(runtime, mostPackedBytes);
  }

  /** Stores values that a program hands over, as a copy. */
  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): object {
    const dataId = newDataId();
    const stored: Stored = { values, dtype, refCount: 1 };
    if (values instanceof Float32Array && values.byteLength <= largestCopiedIn) {
      this.#moveIn(stored, values);
    } else if (ArrayBuffer.isView(values)) {
      stored.values = values.slice();
    }
    this.data.set(dataId, stored);
    return dataId;
  }

  /** Stores what an inherited kernel computed: no copy, unless it is a view of another tensor's memory. */
  override makeTensorInfo(
    shape: number[],
    dtype: DataType,
    values?: backend_util.BackendValues | string[],
  ): TensorInfo {
    const dataId = newDataId();
    this.data.set(dataId, { values: ownValues(dtype, values), dtype, refCount: 1 });
    return { dataId, shape, dtype };
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, { values: ownValues(dtype, values), dtype, refCount });
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? values.slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const stored = this.data.has(dataId) ? this.#stored(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && stored !== undefined) {
      this.packedFilters.forget(dataId);
      this.#release(stored);
    }
    return gone;
  }

  /** Gives all memory back: tfjs calls this when the backend is removed or its engine reset. */
  override dispose(): void {
    this.packedFilters.clear();
    for (const address of this.#addresses) {
      this.runtime.release(address);
    }
    this.#addresses.clear();
  }

  /** The address of a tensor's numbers as float32, moving them into shared memory if they are not there yet. */
  address(tensor: TensorInfo): number {
    const stored = this.#stored(tensor.dataId);
    if (stored.address !== undefined) {
      return stored.address;
    }
    if (stored.floatCopy !== undefined) {
      return stored.floatCopy;
    }
    const { values } = stored;
    const size = util.sizeFromShape(tensor.shape);
    if (values instanceof Float32Array) {
      return this.#moveIn(stored, values);
    }
    // A cast to float32 shares its data with the integer tensor that was cast, which must keep its values.
    const address = this.#allocate(size * 4);
    stored.floatCopy = address;
    if (values !== undefined) {
      this.runtime.float32.set(values as ArrayLike<number>, address / 4);
    }
    return address;
  }

  /** Makes a float32 tensor of that shape in shared memory; its numbers are not cleared. */
  output(shape: number[]): Output {
    const size = util.sizeFromShape(shape);
    const address = this.#allocate(size * 4);
    const dataId = newDataId();
    const stored: Stored = { values: this.#view(address, size), dtype: 'float32', refCount: 1, address };
    this.data.set(dataId, stored);
    this.#made?.push(dataId);
    return { info: { dataId, shape, dtype: 'float32' }, address };
  }

  /** Runs a kernel of ours; when it throws, for want of memory say, the outputs that it had made are given back. */
  runKernel<T>(kernel: () => T): T {
    const outer = this.#made;
    const made: object[] = [];
    this.#made = made;
    try {
      return kernel();
    } catch (error) {
      for (const dataId of made) {
        this.disposeData(dataId, true);
      }
      throw error;
    } finally {
      this.#made = outer;
    }
  }

  /** Shared memory for the length of one call, not cleared. */
  withTemporary<T>(bytes: number, use: (address: number) => T): T {
    const address = this.runtime.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.runtime.release(address);
    }
  }

  #stored(dataId: object): Stored {
    return this.data.get(dataId) as Stored;
  }

  #moveIn(stored: Stored, values: Float32Array): number {
    const address = this.#allocate(values.byteLength);
    const view = this.#view(address, values.length);
    view.set(values);
    stored.values = view;
    stored.address = address;
    return address;
  }

  #view(address: number, size: number): Float32Array {
    return new Float32Array(this.runtime.float32.buffer, address, size);
  }

  #allocate(bytes: number): number {
    const address = this.runtime.allocate(bytes);
    this.#addresses.add(address);
    return address;
  }

  #release({ address, floatCopy }: Stored): void {
    for (const block of [address, floatCopy]) {
      if (block !== undefined && this.#addresses.delete(block)) {
        this.runtime.release(block);
      }
    }
  }
}

function newDataId(): object {
  return { id: nextId++ };
}

/** Values for a tensor of its own: encoded strings, and copies of what lies in another tensor's shared memory. */
function ownValues(
  dtype: DataType,
  values: backend_util.BackendValues | string[] | undefined,
): backend_util.BackendValues | undefined {
  if (values === undefined || values === null) {
    return undefined;
  }
  if (dtype === 'string') {
    return isStrings(values) ? values.map((text) => util.encodeString(text)) : values;
  }
  if (ArrayBuffer.isView(values) && values.buffer instanceof SharedArrayBuffer) {
    return (values as Float32Array).slice();
  }
  return values as backend_util.BackendValues;
}

function isStrings(values: backend_util.BackendValues | string[]): values is string[] {
  return values.length > 0 && typeof values[0] === 'string';
}
