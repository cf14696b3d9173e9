import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../../src/errors.ts';
import { type AudioCnnOptions, audioCnn, freezeAudioCnn, readFrozenAudioCnn } from '../../src/models/index.ts';
import { stream } from '../../src/random.ts';
import { readSafetensors, writeSafetensors } from '../../src/safetensors.ts';
import { relativeDifference } from '../nn/compare.ts';

beforeAll(() => tf.setBackend('cpu'));

const tiny: AudioCnnOptions = {
  frames: 18,
  bins: 14,
  channels: [2, 3],
  strides: [
    [2, 1.7],
    [1, 2],
  ],
  smoothness: 1.5,
  heads: { words: 3, pitch: 5 },
};

/** A model none of whose parameters is at its initial 0 or 1. */
function trainedModel(options: Partial<AudioCnnOptions> = {}) {
  const model = audioCnn({ ...tiny, ...options });
  const random = stream(2, 'frozen');
  for (const { kind, variable } of model.parameters.values()) {
    tf.tidy(() => {
      const noise = tf.tensor<tf.Rank>(Array.from({ length: variable.size }, random.uniform), variable.shape);
      variable.assign(kind === 'statistic' ? noise : variable.add(noise.mul(0.2)));
    });
  }
  return model;
}

function input() {
  const random = stream(3, 'input');
  return tf.tensor4d(Array.from({ length: 2 * 18 * 14 }, random.normal), [2, 18, 14, 1]);
}

describe('freezeAudioCnn()', () => {
  test.each<[string, Partial<AudioCnnOptions>]>([
    ['learned strides', {}],
    ['learned strides at the end of a block', { placement: 'block' }],
    [
      'a shared stride and norm forward',
      {
        shared: true,
        norm: 'forward',
        strides: [
          [2, 2],
          [1, 1],
        ],
      },
    ],
    ['learned unit strides and a relative ramp', { learnUnitStrides: true, smoothness: { relative: 0.1 } }],
    ['spectral pooling', { pooling: 'spectral' }],
    [
      'strided convolution',
      {
        pooling: 'strided',
        strides: [
          [2, 3],
          [1, 2],
        ],
      },
    ],
  ])('gives the logits of a network with %s to 1e-6, before and after a file', (_, options) => {
    const model = trainedModel(options);
    const frozen = freezeAudioCnn(model);
    const restored = readFrozenAudioCnn(frozen.toBytes());
    const x = input();
    const expected = tf.tidy(() => model.forward(x).logits.pitch?.dataSync() ?? []);
    for (const network of [frozen, restored]) {
      const logits = tf.tidy(() => network.forward(x).pitch?.dataSync() ?? []);
      expect(relativeDifference(logits, expected)).toBeLessThan(1e-6);
    }
    for (const owner of [model, frozen, restored, x]) owner.dispose();
  });

  test('does not move with the model it came from, and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const model = trainedModel();
    const frozen = freezeAudioCnn(model);
    const x = input();
    const logits = () => tf.tidy(() => [...(frozen.forward(x).words?.dataSync() ?? [])]);
    const first = logits();
    for (const { variable } of model.parameters.values()) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    model.dispose();
    expect(logits()).toEqual(first);
    frozen.dispose();
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses an input of another size', () => {
    const frozen = freezeAudioCnn(trainedModel());
    expect(() => frozen.forward(tf.zeros([1, 19, 14, 1]))).toThrow(
      /expected an input \[batch, 18, 14, 1\], found \[1,19,14,1\]/,
    );
  });
});

describe('readFrozenAudioCnn()', () => {
  const file = () => readSafetensors(freezeAudioCnn(trainedModel()).toBytes());

  test('refuses a file of another kind, another architecture, or missing parts, by name', () => {
    const { tensors, metadata } = file();
    const options = JSON.parse(metadata.options ?? '');
    const variants: [Uint8Array, RegExp][] = [
      [writeSafetensors(tensors), /^net: expected "spectride frozen network 1", found "another file"/],
      [writeSafetensors(tensors, { ...metadata, options: '{' }), /^net: metadata "options": expected JSON/],
      [writeSafetensors(tensors, { ...metadata, options: '3' }), /expected a JSON object, found 3/],
      [
        writeSafetensors(tensors, { ...metadata, options: JSON.stringify({ ...options, kernel: 5 }) }),
        /shape of "blocks.1.time.kernel"/,
      ],
      [
        writeSafetensors(tensors, { ...metadata, options: JSON.stringify({ ...options, frames: 20 }) }),
        /"blocks.1.time.timeMatrix": expected \[any,20\]/,
      ],
      [writeSafetensors(tensors, { ...metadata, options: JSON.stringify({ ...options, kernel: -1 }) }), /model.kernel/],
      [
        writeSafetensors(new Map([...tensors].slice(1)), metadata),
        /expected a tensor "blocks.1.time.kernel", found none/,
      ],
      [new Uint8Array(3), /^net: not a readable safetensors file/],
    ];
    for (const [bytes, message] of variants) {
      expect(() => readFrozenAudioCnn(bytes, 'net')).toThrow(BadInputError);
      expect(() => readFrozenAudioCnn(bytes, 'net')).toThrow(message);
    }
  });
});
