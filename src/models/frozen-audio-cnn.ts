import * as tf from '@tensorflow/tfjs';
import { BadInputError, messageOf } from '../errors.ts';
import { type Affine, axisProduct, convolution, globalMax } from '../nn/operations/index.ts';
import { type Pool, pooledConvolution } from '../nn/pooled-convolution.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../safetensors.ts';
import type { AudioCnn } from './audio-cnn.ts';
import { type AudioCnnOptions, type ResolvedAudioCnn, resolveAudioCnn } from './audio-cnn-options.ts';
import { axisIndex, type LayerPlan, planLayers } from './layer-plan.ts';

/** What a frozen network's file says of itself, beside its options. */
const format = 'spectride frozen network 1';

/**
 * A trained audio CNN for inference on one input size: every pool is a constant matrix, mask included, and batch
 * normalisation an affine map. Its logits are those of the network it was made from. Nothing in it can be trained.
 */
export class FrozenAudioCnn {
  readonly options: ResolvedAudioCnn;
  readonly #layers: LayerPlan[];
  /** As `AudioCnn.constants()` names them. */
  readonly #constants: ReadonlyMap<string, tf.Tensor>;

  constructor(options: AudioCnnOptions, constants: ReadonlyMap<string, tf.Tensor>) {
    this.options = resolveAudioCnn(options);
    this.#layers = planLayers(this.options);
    this.#constants = constants;
    this.#check();
  }

  #constant<T extends tf.Tensor>(name: string): T {
    const constant = this.#constants.get(name);
    if (constant === undefined) throw new BadInputError(`frozen network: expected a tensor "${name}", found none`);
    return constant as T;
  }

  /** Every tensor is there and of the shape that the options give it; the pools fit one after the other. */
  #check(): void {
    const expectShape = (name: string, expected: (number | string)[]) => {
      const { shape } = this.#constant(name);
      const fits = shape.length === expected.length && expected.every((size, i) => size === 'any' || size === shape[i]);
      if (!fits)
        throw new BadInputError(`frozen network: shape of "${name}": expected [${expected}], found [${shape}]`);
    };
    const lengths = { time: this.options.frames, frequency: this.options.bins };
    for (const { name, kernelShape, pools } of this.#layers) {
      expectShape(`${name}.kernel`, kernelShape);
      for (const part of ['bias', 'scale', 'offset']) expectShape(`${name}.${part}`, [kernelShape[3]]);
      for (const { axis } of pools) {
        expectShape(`${name}.${axis}Matrix`, ['any', lengths[axis]]);
        lengths[axis] = this.#constant(`${name}.${axis}Matrix`).shape[0] as number;
      }
    }
    for (const [task, classes] of Object.entries(this.options.heads)) {
      expectShape(`heads.${task}.kernel`, [this.options.channels.at(-1) as number, classes]);
      expectShape(`heads.${task}.bias`, [classes]);
    }
  }

  #layer(x: tf.Tensor4D, { name, strides, pools }: LayerPlan): tf.Tensor4D {
    const affine: Affine = { scale: this.#constant(`${name}.scale`), offset: this.#constant(`${name}.offset`) };
    const kernel = this.#constant<tf.Tensor4D>(`${name}.kernel`);
    const bias = this.#constant<tf.Tensor1D>(`${name}.bias`);
    if (pools.length === 0) return convolution(x, kernel, bias, strides, affine);
    const matrices = pools.map(({ axis }): Pool => {
      const matrix = this.#constant<tf.Tensor2D>(`${name}.${axis}Matrix`);
      return (map, affine) => axisProduct(map, matrix, axisIndex[axis], affine) as tf.Tensor4D;
    });
    return pooledConvolution(x, kernel, bias, matrices, affine);
  }

  /**
   * Task → logits [batch, classes]. Throws BadInputError on another shape than the network was frozen for.
   *
   * @param x [batch, frames, bins, 1]
   */
  forward(x: tf.Tensor4D): Record<string, tf.Tensor2D> {
    const { frames, bins, heads } = this.options;
    if (x.rank !== 4 || x.shape[1] !== frames || x.shape[2] !== bins || x.shape[3] !== 1 || x.size === 0) {
      throw new BadInputError(`frozen network: expected an input [batch, ${frames}, ${bins}, 1], found [${x.shape}]`);
    }
    return tf.tidy(() => {
      let map = x.clone();
      for (const layer of this.#layers) {
        const next = tf.tidy(() => this.#layer(map, layer));
        map.dispose();
        map = next;
      }
      const features = globalMax(map); // [batch, channels]
      const logits = Object.keys(heads).map((task) => {
        const product = tf.matMul(features, this.#constant<tf.Tensor2D>(`heads.${task}.kernel`));
        return [task, tf.add(product, this.#constant(`heads.${task}.bias`))];
      });
      return Object.fromEntries(logits) as Record<string, tf.Tensor2D>;
    });
  }

  /** The network as one safetensors file: its tensors, and its options as JSON in the metadata. */
  toBytes(): Uint8Array {
    const tensors = new Map<string, StoredTensor>();
    for (const [name, tensor] of this.#constants) {
      tensors.set(name, { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) });
    }
    return writeSafetensors(tensors, { format, options: JSON.stringify(this.options) });
  }

  dispose(): void {
    for (const constant of this.#constants.values()) constant.dispose();
  }
}

/** Bakes a trained network, its strides as they stand, into constants. It shares nothing with `model` that changes. */
export function freezeAudioCnn(model: AudioCnn): FrozenAudioCnn {
  return new FrozenAudioCnn(model.options, model.constants());
}

function parseOptions(text: string | undefined, where: string): AudioCnnOptions {
  try {
    const options: unknown = JSON.parse(text ?? '');
    if (typeof options === 'object' && options !== null) return options as AudioCnnOptions;
  } catch (error) {
    throw new BadInputError(`${where}: metadata "options": expected JSON, found ${messageOf(error)}`);
  }
  throw new BadInputError(`${where}: metadata "options": expected a JSON object, found ${text}`);
}

/** A network that `toBytes()` wrote. Throws BadInputError, its sentence starting with `where`, on anything else. */
export function readFrozenAudioCnn(bytes: Uint8Array, where = 'frozen network'): FrozenAudioCnn {
  const { tensors, metadata } = readSafetensors(bytes, where);
  if (metadata.format !== format) {
    throw new BadInputError(
      `${where}: expected "${format}", found ${JSON.stringify(metadata.format ?? 'another file')}`,
    );
  }
  const options = parseOptions(metadata.options, where);
  const constants = new Map<string, tf.Tensor>();
  for (const [name, { data, shape }] of tensors) constants.set(name, tf.tensor(data, shape));
  try {
    return new FrozenAudioCnn(options, constants);
  } catch (error) {
    tf.dispose([...constants.values()]);
    throw new BadInputError(`${where}: ${messageOf(error)}`);
  }
}
