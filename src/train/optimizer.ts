import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../errors.ts';
import type { AudioCnn } from '../models/index.ts';
import { adamUpdate } from '../nn/operations/index.ts';

/** β₁, β₂ and ε of the paper (section 3.1). */
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

export interface LearningRates {
  readonly weight: number;
  readonly stride: number;
}

/** Updates a model's trained parameters in place, and keeps what an optimiser remembers of them. */
export interface Optimizer {
  /** One update; takes the gradients and disposes of them. A rate of 0 leaves its parameters, and what is remembered of them, as they are. */
  update(gradients: ReadonlyMap<string, tf.Tensor>, rates: LearningRates): void;
  /** What is remembered, by name, as host arrays; empty for plain gradient descent. */
  state(): Map<string, { shape: number[]; data: Float32Array }>;
  /** Goes on from `state()` after `step` updates; throws BadInputError where a parameter's is missing or of another size. */
  restore(state: ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>, step: number): void;
  dispose(): void;
}

/** Adam as in the paper (Kingma and Ba 2015, β 0.9 and 0.999, ε 1e-7), or plain gradient descent. */
export function createOptimizer(kind: 'adam' | 'sgd', model: AudioCnn): Optimizer {
  const trained = [...model.parameters].filter(([, { kind: role }]) => role !== 'statistic');
  const roles = new Map(trained.map(([name, { kind: role }]) => [name, role]));
  const moments = new Map<string, tf.Tensor>();
  let step = 0;

  const remember = (name: string, tensor: tf.Tensor) => {
    moments.get(name)?.dispose();
    moments.set(name, tf.keep(tensor));
  };
  if (kind === 'adam') {
    for (const [name, { variable }] of trained) {
      remember(`${name}.firstMoment`, tf.zeros(variable.shape));
      remember(`${name}.secondMoment`, tf.zeros(variable.shape));
    }
  }
  const moment = (name: string): tf.Tensor => {
    const tensor = moments.get(name);
    if (tensor === undefined) throw new Error(`the optimiser remembers no "${name}"`);
    return tensor;
  };

  return {
    update(gradients, rates) {
      step++;
      for (const [name, gradient] of gradients) {
        const variable = model.parameters.get(name)?.variable;
        const learningRate = roles.get(name) === 'stride' ? rates.stride : rates.weight;
        if (variable === undefined || learningRate === 0) continue;
        tf.tidy(() => {
          if (kind === 'sgd') {
            variable.assign(tf.sub(variable, tf.mul(gradient, learningRate)));
            return;
          }
          const state = {
            variable,
            firstMoment: moment(`${name}.firstMoment`),
            secondMoment: moment(`${name}.secondMoment`),
          };
          const next = adamUpdate(state, gradient, { ...adam, learningRate, step });
          variable.assign(next.variable);
          remember(`${name}.firstMoment`, next.firstMoment);
          remember(`${name}.secondMoment`, next.secondMoment);
        });
      }
      for (const gradient of gradients.values()) gradient.dispose();
    },
    state: () =>
      new Map(
        [...moments].map(([name, tensor]) => [
          name,
          { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) },
        ]),
      ),
    restore(state, steps) {
      step = steps;
      for (const [name, tensor] of moments) {
        const saved = state.get(name);
        if (saved === undefined || saved.data.length !== tensor.size) {
          const found = saved === undefined ? 'none' : `${saved.data.length} values`;
          throw new BadInputError(`checkpoint: expected ${tensor.size} values of "${name}", found ${found}`);
        }
        remember(name, tf.tensor(Float32Array.from(saved.data), tensor.shape));
      }
    },
    dispose() {
      for (const tensor of moments.values()) tensor.dispose();
      moments.clear();
    },
  };
}
