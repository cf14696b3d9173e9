import * as tf from '@tensorflow/tfjs';
import { operation } from './operation.ts';

/** Settings of one Adam step; `step` counts from 1. */
export type AdamAttributes = { learningRate: number; beta1: number; beta2: number; epsilon: number; step: number };

/** A parameter with its two moments; all of one shape. */
export type AdamState = { variable: tf.Tensor; firstMoment: tf.Tensor; secondMoment: tf.Tensor };

const update = operation(
  'SpectrideAdam',
  (inputs: AdamState & { gradient: tf.Tensor }, attributes: AdamAttributes): [tf.Tensor, tf.Tensor, tf.Tensor] => {
    const { learningRate, beta1, beta2, epsilon, step } = attributes;
    const first = tf.add(tf.mul(inputs.firstMoment, beta1), tf.mul(inputs.gradient, 1 - beta1));
    const second = tf.add(tf.mul(inputs.secondMoment, beta2), tf.mul(tf.square(inputs.gradient), 1 - beta2));
    const unbiasedFirst = tf.div(first, 1 - beta1 ** step);
    const unbiasedSecond = tf.div(second, 1 - beta2 ** step);
    const move = tf.div(tf.mul(unbiasedFirst, learningRate), tf.add(tf.sqrt(unbiasedSecond), epsilon));
    return [tf.sub(inputs.variable, move), first, second];
  },
);

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1: m̂ / (√v̂ + ε), as PyTorch). Returns new tensors and changes none.
 */
export function adamUpdate(state: AdamState, gradient: tf.Tensor, attributes: AdamAttributes): AdamState {
  const [variable, firstMoment, secondMoment] = update({ ...state, gradient }, attributes);
  return { variable, firstMoment, secondMoment };
}
