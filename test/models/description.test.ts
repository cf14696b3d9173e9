import { BadInputError } from '../../src/errors.ts';
import {
  type AudioCnnOptions,
  describeAudioCnn,
  initialStrides,
  projectedStrides,
  resolveAudioCnn,
} from '../../src/models/index.ts';

function describeInitial(options: Partial<AudioCnnOptions>) {
  const resolved = resolveAudioCnn({ heads: { words: 35 }, ...options });
  return describeAudioCnn(resolved, initialStrides(resolved));
}

const sizes = (options: Partial<AudioCnnOptions>) =>
  describeInitial(options)
    .blocks.map(({ time, frequency }) => `${time.outputLength}×${frequency.outputLength}`)
    .join(' ');

const strided = '49×32 25×16 25×16 13×8 13×8 7×4';

describe('describeAudioCnn()', () => {
  test('counts the parameters of the paper’s network', () => {
    expect(describeInitial({ pooling: 'strided' }).parameters).toBe(3_555_171);
    expect(describeInitial({}).parameters).toBe(3_555_171 + 8);
    expect(describeInitial({ shared: true }).parameters).toBe(3_555_171 + 4);
    expect(describeInitial({ learnUnitStrides: true }).parameters).toBe(3_555_171 + 12);
  });

  test('finds the sizes of every block', () => {
    expect(sizes({ pooling: 'strided' })).toBe(strided);
    expect(sizes({})).toBe('57×40 36×28 36×28 26×22 26×22 21×19');
    expect(sizes({ pooling: 'spectral' })).toBe('49×32 24×16 24×16 12×8 12×8 6×4');
    expect(sizes({ placement: 'block' })).toBe(sizes({}));
  });

  test('counts the multiply-adds of one example: 0.43, 0.60 and 2.30 billion with 0.07 for the axis products', () => {
    const billions = (options: Partial<AudioCnnOptions>) => describeInitial(options).multiplyAdds;
    expect(billions({ pooling: 'strided' }).total / 1e9).toBeCloseTo(0.43, 2);
    expect(billions({ pooling: 'spectral' }).total / 1e9).toBeCloseTo(0.6, 2);
    expect(billions({}).convolutions / 1e9).toBeCloseTo(2.3, 2);
    expect(billions({}).pools / 1e9).toBeCloseTo(0.07, 2);
    expect(billions({ pooling: 'strided' }).pools).toBe(0);
    expect(billions({}).heads).toBe(512 * 35);
  });

  test('says where each mask falls: full up to N/(2S), one bin more on frequency, gone R bins later, within half the rate', () => {
    const [block] = describeInitial({}).blocks;
    expect(block?.time).toMatchObject({
      pooled: true,
      learned: true,
      stride: 2,
      smoothness: 4,
      rampStart: 24.5,
      bandEnd: 28.5,
    });
    expect(block?.frequency).toMatchObject({ rampStart: 17, bandEnd: 21, effectiveStride: 64 / 40 });
    const last = describeInitial({}).axes.at(-1);
    expect(last).toMatchObject({ block: 6, axis: 'frequency', inputLength: 22, outputLength: 19 });
    expect(last?.bandEnd).toBe(10.5);
    const unpooled = describeInitial({}).blocks[2]?.time;
    expect(unpooled).toMatchObject({ pooled: false, learned: false, stride: 1, effectiveStride: 1, multiplyAdds: 0 });
    expect(describeInitial({ pooling: 'spectral' }).blocks[0]?.time).toMatchObject({ learned: false, bandEnd: 24.5 });
  });
});

describe('initialStrides()', () => {
  test('gives the strided network’s maps under init effective with a relative ramp', () => {
    const options = { init: 'effective' as const, smoothness: { relative: 0.05 } };
    expect(sizes(options)).toBe(strided);
    expect(sizes({ ...options, learnUnitStrides: true })).toBe(strided);
    expect(describeInitial(options).axes[0]?.stride).toBeCloseTo(98 / (49.5 - 9.8), 6);
    expect(describeInitial(options).multiplyAdds.convolutions).toBeGreaterThan(
      describeInitial({ pooling: 'strided' }).multiplyAdds.convolutions,
    );
  });

  test('takes the larger of both axes’ effective strides where they are shared', () => {
    const options = { init: 'effective' as const, smoothness: { relative: 0.05 }, shared: true };
    const [block] = describeInitial(options).blocks;
    expect(block?.time.stride).toBe(block?.frequency.stride);
    expect(block?.time.stride).toBeCloseTo(Math.max(98 / (49.5 - 9.8), 64 / (32.5 - 6.4)), 6);
  });

  test('starts unit strides at N/(N − R)', () => {
    const { blocks } = describeInitial({ learnUnitStrides: true });
    expect(blocks[2]?.time.stride).toBeCloseTo(36 / 32, 6);
    expect(blocks[2]?.frequency.stride).toBeCloseTo(28 / 24, 6);
    expect(blocks[2]?.time.outputLength).toBe(36);
  });

  test('refuses an effective start that a ramp of 4 bins cannot reach, naming the block', () => {
    expect(() => describeInitial({ init: 'effective' })).toThrow(BadInputError);
    expect(() => describeInitial({ init: 'effective' })).toThrow(/block 4.*frequency axis cannot take 16 to 8/);
    const shallow = {
      channels: [4, 4],
      strides: [
        [2, 2],
        [2, 2],
      ] as const,
    };
    expect(() => describeInitial({ init: 'effective', ...shallow })).not.toThrow();
  });

  test('refuses unit strides on an axis no longer than the ramp, naming the block', () => {
    const options = { learnUnitStrides: true, channels: [4], strides: [[1, 1]] as const, bins: 4 };
    expect(() => describeInitial(options)).toThrow(
      /learnUnitStrides: impossible in block 1: expected the frequency axis/,
    );
  });

  test('has none to give where none is learned', () => {
    for (const pooling of ['strided', 'spectral'] as const) {
      const options = resolveAudioCnn({ heads: { words: 2 }, pooling, init: 'effective', learnUnitStrides: true });
      expect(initialStrides(options).size).toBe(0);
    }
  });
});

describe('projectedStrides()', () => {
  test('leaves strides that are in range exactly as they are', () => {
    const options = resolveAudioCnn({ heads: { words: 2 }, learnUnitStrides: true });
    const initial = initialStrides(options);
    expect(projectedStrides(options, initial)).toEqual(initial);
  });
});

describe('resolveAudioCnn()', () => {
  test.each<[string, Partial<AudioCnnOptions>, RegExp]>([
    [
      'strided convolution at the end of a block',
      { pooling: 'strided', placement: 'block' },
      /model.placement: expected "axis"/,
    ],
    [
      'fractional strides of a strided convolution',
      {
        pooling: 'strided',
        strides: [
          [2, 2],
          [2, 1.5],
          [1, 1],
          [2, 2],
          [1, 1],
          [2, 2],
        ],
      },
      /model.strides of block 2: expected integers/,
    ],
    [
      'strides below 1',
      { channels: [4], strides: [[2, 0.5]] },
      /model.strides of block 1: expected two numbers of at least 1, found \[2,0.5\]/,
    ],
    ['too few strides', { strides: [[2, 2]] }, /model.strides: expected one pair for each of the 6 blocks/],
    [
      'unequal strides that are shared',
      { channels: [4], strides: [[2, 3]], shared: true },
      /block 1: expected equal numbers/,
    ],
    ['no block', { channels: [], strides: [] }, /model.channels/],
    ['no channels', { channels: [0], strides: [[1, 1]] }, /model.channels: expected a positive integer, found 0/],
    ['no frames', { frames: 0 }, /model.frames/],
    ['half a tap', { kernel: 1.5 }, /model.kernel/],
    ['a ramp of no width', { smoothness: 0 }, /model.smoothness/],
    [
      'an unknown pooling',
      { pooling: 'max' as 'strided' },
      /model.pooling: expected one of strided, spectral, diffstride, found "max"/,
    ],
    ['a momentum of 1', { batchNorm: { momentum: 1 } }, /model.batchNorm.momentum/],
    ['an epsilon of 0', { batchNorm: { epsilon: 0 } }, /model.batchNorm.epsilon/],
    ['no task', { heads: {} }, /model.heads/],
    ['a task without classes', { heads: { words: 0 } }, /model.heads.words: expected a positive integer/],
    ['a seed that is no integer', { seed: 0.5 }, /model.seed/],
  ])('refuses %s', (_, options, message) => {
    const resolve = () => resolveAudioCnn({ heads: { words: 2 }, ...options });
    expect(resolve).toThrow(BadInputError);
    expect(resolve).toThrow(message);
  });
});
