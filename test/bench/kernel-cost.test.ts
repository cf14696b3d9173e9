import { kernelOperations } from '../../src/bench/kernel-cost.ts';

const tensor = (...shape: number[]) => ({ dataId: {}, shape, dtype: 'float32' as const });

describe('kernelOperations()', () => {
  // 2 examples of 8 × 6 positions and 3 channels, to 5 channels with 3 taps over time at stride 2: 2 · (2·4·6) · 3·3·5 operations.
  const operations = 2 * (2 * 4 * 6) * (3 * 3 * 5);
  const [x, y, filter] = [tensor(2, 8, 6, 3), tensor(2, 4, 6, 5), tensor(3, 1, 3, 5)];

  test('counts all three passes of a strided convolution alike: a multiply-add for each output, tap and input channel', () => {
    expect(kernelOperations('SpectrideConvolution', { x, filter }, y)).toBe(operations);
    expect(kernelOperations('SpectrideConvolutionInputGradient', { dy: y, filter }, x)).toBe(operations);
    expect(kernelOperations('SpectrideConvolutionFilterGradient', { x, dy: y }, filter)).toBe(operations);
  });

  test('counts an axis product and both of its gradients alike', () => {
    const [long, short, matrix] = [tensor(2, 10, 6, 3), tensor(2, 4, 6, 3), tensor(4, 10)];
    const expected = 2 * (2 * 6 * 3) * 4 * 10;
    expect(kernelOperations('SpectrideAxisProduct', { x: long, matrix }, short)).toBe(expected);
    expect(kernelOperations('SpectrideAxisProduct', { x: short, matrix }, long)).toBe(expected);
    expect(kernelOperations('SpectrideAxisProductMatrixGradient', { x: long, dy: short }, matrix)).toBe(expected);
  });

  test('counts a matrix product, and nothing for what memory binds', () => {
    expect(kernelOperations('BatchMatMul', { a: tensor(3, 7), b: tensor(7, 5) }, tensor(3, 5))).toBe(2 * 3 * 7 * 5);
    expect(kernelOperations('SpectrideReluBatchNorm', { x }, y)).toBeUndefined();
  });
});
