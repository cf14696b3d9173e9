import type * as tf from '@tensorflow/tfjs';

/** A stride as a layer takes it: fixed, or a scalar that gradients flow to. */
export type Stride = number | tf.Scalar;

/**
 * Values read back from tensors, by their storage: an update gives a variable new storage, so a value is read once an update
 * and a forward pass waits for the device no more than that.
 */
const values = new WeakMap<tf.DataId, number>();

/** The number that a stride holds, on the host. */
export function strideValue(stride: Stride): number {
  if (typeof stride === 'number') return stride;
  const known = values.get(stride.dataId);
  if (known !== undefined) return known;
  const [value = Number.NaN] = stride.dataSync();
  values.set(stride.dataId, value);
  return value;
}
