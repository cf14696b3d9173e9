import type { TensorInfo } from '@tensorflow/tfjs';

/** Inputs by name, as a kernel gets them. */
export type KernelInputs = Record<string, TensorInfo | undefined>;

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/**
 * Floating-point operations (a multiply-add counts twice) of the direct algorithm of a kernel that is bound by arithmetic; undefined for
 * all others. `output`: its first result.
 */
export function kernelOperations(name: string, inputs: KernelInputs, output: TensorInfo): number | undefined {
  const { x, dy, filter, matrix, a } = inputs;
  const filterShape = name === 'SpectrideConvolutionFilterGradient' ? output.shape : filter?.shape;
  if (filterShape !== undefined) {
    // Every output position of the forward pass takes one product with each tap and input channel.
    const [, , , channels = 1] = filterShape;
    const positions = product((dy ?? output).shape) / channels;
    return 2 * positions * product(filterShape);
  }
  if (name === 'SpectrideAxisProduct' && matrix && x) {
    const longer = Math.max(...matrix.shape);
    const shorter = Math.min(product(x.shape), product(output.shape));
    return 2 * longer * shorter;
  }
  if (name === 'SpectrideAxisProductMatrixGradient' && x) return 2 * product(x.shape) * (output.shape[0] ?? 1);
  if (name === 'BatchMatMul' && a) return 2 * product(output.shape) * (product(a.shape) / (output.shape.at(-2) ?? 1));
  return undefined;
}
