import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../errors.ts';
import { complexity } from '../nn/complexity.ts';
import { axisMatrix, diffStrideAxis } from '../nn/diffstride.ts';
import { type Affine, convolution, globalMax, releasingConsumed, reluBatchNorm } from '../nn/operations/index.ts';
import { pooledConvolution } from '../nn/pooled-convolution.ts';
import { spectralMatrix, spectralPoolingAxis } from '../nn/spectral-pooling.ts';
import { type Stride, strideValue } from '../nn/stride-value.ts';
import { stream } from '../random.ts';
import { type AudioCnnOptions, type Axis, type ResolvedAudioCnn, resolveAudioCnn } from './audio-cnn-options.ts';
import { describeAudioCnn, type ModelDescription } from './description.ts';
import { axisIndex, type LayerPlan, type PoolPlan, planLayers } from './layer-plan.ts';
import { initialStrides, projectedStrides, strideParameter } from './learned-strides.ts';

/** Weights and strides are trained; statistics are batch normalisation's moving averages. */
export type ParameterKind = 'weight' | 'stride' | 'statistic';

export interface Parameter {
  kind: ParameterKind;
  /** Trainable unless it is a statistic. */
  variable: tf.Variable;
}

/** What a layer saw of one batch: mean and biased variance of its rectified map, over `count` values a channel. */
export interface BatchStatistics {
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  count: number;
}

export interface ForwardResult {
  /** Task → [batch, classes]. */
  logits: Record<string, tf.Tensor2D>;
  /** In training, by layer (`blocks.1.time`); kept out of every tidy until `updateStatistics` takes them. */
  statistics: Map<string, BatchStatistics>;
}

/**
 * Uniform numbers within ± a limit, from the parameter's own random stream. `glorot`: √(6 / (fan in + fan out)), Keras's default (Glorot and
 * Bengio 2010, eq. 16). `fan-in`: √(1 / fan in), PyTorch's default of convolutions and linear layers.
 */
function initialKernel({ seed, initializer }: ResolvedAudioCnn, name: string, shape: number[]): tf.Tensor {
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const taps = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const limit = Math.sqrt(initializer === 'glorot' ? 6 / (taps * (inputs + outputs)) : 1 / (taps * inputs));
  const random = stream(seed, `initialise/${name}`);
  const size = taps * inputs * outputs;
  return tf.tensor(
    Float32Array.from({ length: size }, () => (2 * random.uniform() - 1) * limit),
    shape,
  );
}

/**
 * The audio CNN of the paper (section 3.1): blocks of a convolution over time and one over frequency, each with its pool, ReLU
 * and batch normalisation; then the global maximum and one linear head a task. Made by `audioCnn()`.
 */
export class AudioCnn {
  readonly options: ResolvedAudioCnn;
  /** By name, in the network's order: `blocks.1.time.kernel`, `.bias`, `.stride`, `.scale`, …, `heads.words.kernel`. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #layers: LayerPlan[];

  constructor(options: AudioCnnOptions) {
    this.options = resolveAudioCnn(options);
    this.#layers = planLayers(this.options);
    this.parameters = this.#createParameters();
  }

  #createParameters(): Map<string, Parameter> {
    const { heads, channels } = this.options;
    const strides = initialStrides(this.options);
    const parameters = new Map<string, Parameter>();
    const add = (name: string, kind: ParameterKind, initial: tf.Tensor) => {
      parameters.set(name, { kind, variable: tf.variable(initial, kind !== 'statistic') });
      initial.dispose();
    };
    const addStride = (name: string) => add(name, 'stride', tf.scalar(strides.get(name) as number));
    for (const { name, kernelShape, pools } of this.#layers) {
      const outputs = kernelShape[3];
      add(`${name}.kernel`, 'weight', initialKernel(this.options, `${name}.kernel`, kernelShape));
      add(`${name}.bias`, 'weight', tf.zeros([outputs]));
      for (const { stride } of pools) if (typeof stride === 'string' && !parameters.has(stride)) addStride(stride);
      add(`${name}.scale`, 'weight', tf.ones([outputs]));
      add(`${name}.offset`, 'weight', tf.zeros([outputs]));
      add(`${name}.movingMean`, 'statistic', tf.zeros([outputs]));
      add(`${name}.movingVariance`, 'statistic', tf.ones([outputs]));
    }
    const features = channels.at(-1) as number;
    for (const [task, classes] of Object.entries(heads)) {
      const name = `heads.${task}`;
      add(`${name}.kernel`, 'weight', initialKernel(this.options, `${name}.kernel`, [features, classes]));
      add(`${name}.bias`, 'weight', tf.zeros([classes]));
    }
    return parameters;
  }

  #variable(name: string): tf.Variable {
    const parameter = this.parameters.get(name);
    if (parameter === undefined) throw new Error(`the model has no parameter "${name}"`);
    return parameter.variable;
  }

  #vector(name: string): tf.Tensor1D {
    return this.#variable(name) as tf.Tensor as tf.Tensor1D;
  }

  #pool(x: tf.Tensor4D, { axis, stride }: PoolPlan, affine: Affine | undefined): tf.Tensor4D {
    const { smoothness, norm } = this.options;
    if (this.options.pooling === 'spectral') {
      return spectralPoolingAxis(x, axisIndex[axis], stride as number, { norm, affine }) as tf.Tensor4D;
    }
    const learned = this.#variable(stride as string) as tf.Tensor as tf.Scalar;
    return diffStrideAxis(x, axisIndex[axis], learned, { smoothness, role: axis, norm, affine }) as tf.Tensor4D;
  }

  /** Batch normalisation with moving statistics as one affine map, which the last linear operation applies after its ReLU. */
  #foldedBatchNorm(name: string): Affine {
    const deviation = tf.sqrt(tf.add(this.#vector(`${name}.movingVariance`), this.options.batchNorm.epsilon));
    const scale = tf.div(this.#vector(`${name}.scale`), deviation) as tf.Tensor1D;
    const mean = tf.mul(this.#vector(`${name}.movingMean`), scale);
    return { scale, offset: tf.sub(this.#vector(`${name}.offset`), mean) as tf.Tensor1D };
  }

  /** Convolution, pools, ReLU, batch normalisation; batch statistics are put into `statistics`, without it moving ones count. */
  #layer(x: tf.Tensor4D, layer: LayerPlan, statistics: Map<string, BatchStatistics> | undefined): tf.Tensor4D {
    const { name, strides, pools } = layer;
    const affine = statistics === undefined ? this.#foldedBatchNorm(name) : undefined;
    const kernel = this.#variable(`${name}.kernel`) as tf.Tensor as tf.Tensor4D;
    const bias = this.#vector(`${name}.bias`);
    const y =
      pools.length === 0
        ? convolution(x, kernel, bias, strides, affine)
        : pooledConvolution(
            x,
            kernel,
            bias,
            pools.map((pool) => (map, affine) => this.#pool(map, pool, affine)),
            affine,
          );
    if (statistics === undefined) return y;

    const [scale, offset] = [this.#vector(`${name}.scale`), this.#vector(`${name}.offset`)];
    const normalised = reluBatchNorm(y, scale, offset, this.options.batchNorm.epsilon);
    const [mean, variance] = [tf.keep(normalised.mean), tf.keep(normalised.variance)];
    statistics.set(name, { mean, variance, count: y.size / mean.size });
    return normalised.y;
  }

  /**
   * Logits of every head. In training the batch's own statistics normalise it, and they are returned for
   * `updateStatistics()`; otherwise the moving averages do and `statistics` is empty. Throws BadInputError on another shape.
   *
   * @param x [batch, time, frequency] or [batch, time, frequency, 1]: log-mel frames
   */
  forward(x: tf.Tensor3D | tf.Tensor4D, { training = false }: { training?: boolean } = {}): ForwardResult {
    if (x.rank < 3 || x.rank > 4 || (x.rank === 4 && x.shape[3] !== 1) || x.size === 0) {
      throw new BadInputError(`audioCnn: expected an input [batch, time, frequency, 1], found [${x.shape}]`);
    }
    const statistics = new Map<string, BatchStatistics>();
    const logits = tf.tidy(() => {
      let map = (x.rank === 3 ? x.expandDims(3) : x.clone()) as tf.Tensor4D;
      for (const layer of this.#layers) {
        const next = tf.tidy(() => this.#layer(map, layer, training ? statistics : undefined));
        map.dispose();
        map = next;
      }
      const features = globalMax(map); // [batch, channels]
      const heads = Object.keys(this.options.heads).map((task) => {
        const kernel = this.#variable(`heads.${task}.kernel`) as tf.Tensor as tf.Tensor2D;
        return [task, tf.add(tf.matMul(features, kernel), this.#vector(`heads.${task}.bias`))];
      });
      return Object.fromEntries(heads) as Record<string, tf.Tensor2D>;
    });
    return { logits, statistics };
  }

  /**
   * `loss()` and its gradient with respect to every trained parameter that it depends on, by name. The loss should call
   * `forward(…, { training: true })`. The caller disposes of all of it.
   */
  lossAndGradients(loss: () => tf.Scalar): { loss: tf.Scalar; gradients: Map<string, tf.Tensor> } {
    const trained = [...this.parameters].filter(([, { kind }]) => kind !== 'statistic');
    const variables = trained.map(([, { variable }]) => variable);
    const { value, grads } = releasingConsumed(() => tf.variableGrads(loss, variables));
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, { variable }] of trained) {
      const gradient = grads[variable.name];
      if (gradient) gradients.set(name, gradient);
    }
    return { loss: value, gradients };
  }

  /**
   * Folds a training batch into the moving averages, and disposes of its statistics. As Keras's and PyTorch's fused batch
   * normalisation, the variance that is averaged is the unbiased one.
   */
  updateStatistics(statistics: Map<string, BatchStatistics>): void {
    const { momentum } = this.options.batchNorm;
    const average = (name: string, value: tf.Tensor, weight: number) => {
      const moving = this.#variable(name);
      moving.assign(tf.add(tf.mul(moving, momentum), tf.mul(value, weight)));
    };
    tf.tidy(() => {
      for (const [name, { mean, variance, count }] of statistics) {
        average(`${name}.movingMean`, mean, 1 - momentum);
        average(`${name}.movingVariance`, variance, ((1 - momentum) * count) / Math.max(1, count - 1));
        mean.dispose();
        variance.dispose();
      }
    });
    statistics.clear();
  }

  /** Puts every learned stride back into its range (see `projectedStrides`); call it after each update of the strides. */
  projectStrides(): void {
    const current = this.#learnedStrides();
    for (const [name, stride] of projectedStrides(this.options, current)) {
      const variable = this.#variable(name);
      if (stride !== current.get(name)) tf.tidy(() => variable.assign(tf.scalar(stride)));
    }
  }

  #learnedStrides(): Map<string, number> {
    const learned = [...this.parameters].filter(([, { kind }]) => kind === 'stride');
    return new Map(learned.map(([name, { variable }]) => [name, strideValue(variable as tf.Tensor as tf.Scalar)]));
  }

  /** Stride of every pooled axis as it stands: `blocks.1.time` → S. */
  strides(): Record<string, number> {
    const pooled = this.describe().axes.filter((axis) => axis.pooled);
    return Object.fromEntries(pooled.map(({ block, axis, stride }) => [`blocks.${block}.${axis}`, stride]));
  }

  /** Sizes, strides and costs as they stand, for the configured input. */
  describe(): ModelDescription {
    return describeAudioCnn(this.options, this.#learnedStrides());
  }

  /** J of Eq. 6, differentiable in the learned strides. */
  complexity(): tf.Scalar {
    const strideOf = (block: number, axis: Axis, nominal: number): Stride => {
      const parameter = strideParameter(this.options, block, axis);
      return parameter === undefined ? nominal : (this.#variable(parameter) as tf.Tensor as tf.Scalar);
    };
    return complexity(
      this.options.strides.map(([time, frequency], i) => [
        strideOf(i + 1, 'time', time),
        strideOf(i + 1, 'frequency', frequency),
      ]),
    );
  }

  /**
   * The network as it stands for inference on its configured input, nothing in it left to compute but products: kernels and
   * biases, batch normalisation as `.scale` and `.offset`, and each pool as its constant matrix [N', N] (`.timeMatrix`,
   * `.frequencyMatrix`). The caller disposes of the tensors.
   */
  constants(): Map<string, tf.Tensor> {
    const { smoothness, norm, pooling, heads } = this.options;
    const { blocks } = this.describe();
    const constants = new Map<string, tf.Tensor>();
    for (const [i, { name, pools }] of this.#layers.entries()) {
      const { scale, offset } = tf.tidy(() => this.#foldedBatchNorm(name));
      for (const part of ['kernel', 'bias'])
        constants.set(`${name}.${part}`, this.#variable(`${name}.${part}`).clone());
      constants.set(`${name}.scale`, scale).set(`${name}.offset`, offset);
      for (const { axis, stride } of pools) {
        const length = blocks[Math.floor(i / 2)]?.[axis].inputLength as number;
        const matrix =
          pooling === 'spectral'
            ? spectralMatrix(length, stride as number, norm)
            : axisMatrix(this.#variable(stride as string) as tf.Tensor as tf.Scalar, length, {
                smoothness,
                role: axis,
                norm,
              });
        constants.set(`${name}.${axis}Matrix`, matrix);
      }
    }
    for (const task of Object.keys(heads)) {
      for (const part of ['kernel', 'bias']) {
        constants.set(`heads.${task}.${part}`, this.#variable(`heads.${task}.${part}`).clone());
      }
    }
    return constants;
  }

  /** Frees every parameter; the model is of no use afterwards. */
  dispose(): void {
    for (const { variable } of this.parameters.values()) variable.dispose();
  }
}

/**
 * An audio CNN with freshly initialised parameters, the same for the same options and seed on every backend. Throws
 * BadInputError, naming the field and the block, for options that cannot be met.
 */
export function audioCnn(options: AudioCnnOptions): AudioCnn {
  return new AudioCnn(options);
}
