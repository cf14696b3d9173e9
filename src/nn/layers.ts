import * as tf from '@tensorflow/tfjs';
import { BadInputError } from '../errors.ts';
import { type DiffStrideOptions, diffStride } from './diffstride.ts';
import type { Norm } from './fourier-matrices.ts';
import { type AxisRole, type Smoothness, spectralLength } from './pooled-length.ts';
import { largestFloat, referenceSmallestStrides, referenceSpectralLengths } from './reference.ts';
import { spectralPooling } from './spectral-pooling.ts';

/*
 * DiffStride and spectral pooling as tfjs layers, in place of a strided convolution or a pooling layer. Batches come first and
 * channels last; every axis between them is pooled unless `axes` says otherwise, so one class serves 1-D, 2-D and 3-D maps.
 */

type LayerArgs = ConstructorParameters<typeof tf.layers.Layer>[0];
type ShapeLike = tf.Shape | tf.Shape[];

interface PoolingLayerConfig {
  /** Axes to pool (default: all but the first and the last). */
  axes?: number[] | null;
  /** One stride for each axis, or one for all; at least 1 (default 2). */
  strides?: number | number[];
  norm?: Norm | null;
  compat?: 'paper' | 'reference';
}

export type SpectralPoolingConfig = LayerArgs & PoolingLayerConfig;

/** `strides` are where the learned ones start; the rest as in `diffStride()`. */
export type DiffStrideConfig = LayerArgs &
  PoolingLayerConfig & {
    smoothness?: Smoothness;
    roles?: AxisRole[] | null;
    /** One stride, learned for all axes together. */
    sharedStride?: boolean;
    cropping?: boolean;
    lowerLimit?: number | null;
    upperLimit?: number | null;
  };

function single<T>(inputs: T | T[]): T {
  return Array.isArray(inputs) ? (inputs[0] as T) : inputs;
}

function singleShape(inputShape: ShapeLike): tf.Shape {
  return Array.isArray(inputShape[0]) ? (inputShape[0] as tf.Shape) : (inputShape as tf.Shape);
}

function pooledPositions(axes: number[] | null, rank: number): number[] {
  return axes === null ? Array.from({ length: rank - 2 }, (_, i) => i + 1) : axes.map((axis) => (axis + rank) % rank);
}

/** One number for each pooled axis. Throws BadInputError, naming the layer. */
function stridePerAxis(layer: string, strides: number | number[], count: number): number[] {
  const perAxis = Array.isArray(strides) ? strides : Array.from({ length: count }, () => strides);
  if (count < 1 || perAxis.length !== count || !perAxis.every((stride) => stride >= 1 && Number.isFinite(stride))) {
    throw new BadInputError(
      `${layer}: strides: expected a number of at least 1 for each of ${count} axes, found ${JSON.stringify(strides)}`,
    );
  }
  return perAxis;
}

/**
 * DiffStride as a tfjs layer: strides are a trained weight of one number an axis (one in all under `sharedStride`), kept at 1 or
 * more after every update. The output's size follows the strides, so it is unknown (null) until a batch goes through: put
 * a global pooling layer, not Flatten, before a dense one.
 *
 * Its settings are checked when it is first built or called; BadInputError names the one at fault.
 */
export class DiffStride extends tf.layers.Layer {
  static className = 'DiffStride';
  readonly #config: Required<Omit<DiffStrideConfig, keyof NonNullable<LayerArgs>>>;
  #strides: tf.Variable | undefined;
  /** Writes past the projection. */
  #write: (strides: tf.Tensor) => void = () => {};

  constructor(config: DiffStrideConfig = {}) {
    super(config);
    this.#config = {
      axes: config.axes ?? null,
      strides: config.strides ?? 2,
      norm: config.norm ?? null,
      compat: config.compat ?? 'paper',
      smoothness: config.smoothness ?? 4,
      roles: config.roles ?? null,
      sharedStride: config.sharedStride ?? false,
      cropping: config.cropping ?? true,
      lowerLimit: config.lowerLimit ?? null,
      upperLimit: config.upperLimit ?? null,
    };
  }

  override build(inputShape: ShapeLike): void {
    const { axes, strides, sharedStride, lowerLimit, upperLimit } = this.#config;
    const count = pooledPositions(axes, singleShape(inputShape).length).length;
    const perAxis = stridePerAxis(this.name, strides, count);
    if (sharedStride && new Set(perAxis).size > 1) {
      throw new BadInputError(
        `${this.name}: strides: expected one for a shared stride, found ${JSON.stringify(strides)}`,
      );
    }
    const initial = sharedStride ? perAxis.slice(0, 1) : perAxis;
    const weight = this.addWeight('strides', [initial.length], 'float32', tf.initializers.ones());
    const variable = weight.read() as tf.Variable;
    const write = variable.assign.bind(variable);
    tf.tidy(() => write(tf.tensor1d(initial)));
    // The optimisers of tfjs assign to a variable and leave its constraint aside, so the projection is part of the assignment.
    variable.assign = (value) => {
      tf.tidy(() => write(tf.clipByValue(value, lowerLimit ?? 1, upperLimit ?? largestFloat)));
    };
    this.#strides = variable;
    this.#write = write;
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const { axes, sharedStride, compat, smoothness, cropping } = this.#config;
      const { norm, roles, lowerLimit, upperLimit } = this.#config;
      const positions = pooledPositions(axes, x.rank);
      if (compat === 'reference') this.#raiseToLearnable(positions.map((axis) => x.shape[axis] as number));
      const strides = tf.unstack(this.#strides as tf.Tensor) as tf.Scalar[];
      const options: DiffStrideOptions = {
        axes: positions,
        strides: sharedStride ? (strides[0] as tf.Scalar) : strides,
        compat,
        smoothness,
        cropping,
        norm: norm ?? undefined,
        roles: roles ?? undefined,
        lowerLimit: lowerLimit ?? undefined,
        upperLimit: upperLimit ?? undefined,
      };
      return diffStride(x, options);
    });
  }

  /** The original writes S ≥ N/(N − R) into its weight before using it, in inference too. */
  #raiseToLearnable(lengths: number[]): void {
    const { smoothness, sharedStride } = this.#config;
    const smallest = referenceSmallestStrides(lengths, smoothness as number, sharedStride);
    const current = Array.from((this.#strides as tf.Variable).dataSync());
    const raised = current.map((stride, i) => Math.max(stride, smallest[i] as number));
    if (raised.some((stride, i) => stride !== current[i])) tf.tidy(() => this.#write(tf.tensor1d(raised)));
  }

  override computeOutputShape(inputShape: ShapeLike): tf.Shape {
    const shape = singleShape(inputShape);
    const positions = pooledPositions(this.#config.axes, shape.length);
    return shape.map((size, axis) => (positions.includes(axis) ? null : size));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }
}

/** Spectral pooling as a tfjs layer: fixed strides, no weights. */
export class SpectralPooling extends tf.layers.Layer {
  static className = 'SpectralPooling';
  readonly #config: Required<PoolingLayerConfig>;

  constructor(config: SpectralPoolingConfig = {}) {
    super(config);
    this.#config = {
      axes: config.axes ?? null,
      strides: config.strides ?? 2,
      norm: config.norm ?? null,
      compat: config.compat ?? 'paper',
    };
  }

  override build(inputShape: ShapeLike): void {
    const { axes, strides } = this.#config;
    stridePerAxis(this.name, strides, pooledPositions(axes, singleShape(inputShape).length).length);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = single(inputs);
    const { axes, strides, norm, compat } = this.#config;
    return spectralPooling(x, { axes: pooledPositions(axes, x.rank), strides, norm: norm ?? undefined, compat });
  }

  override computeOutputShape(inputShape: ShapeLike): tf.Shape {
    const shape = singleShape(inputShape);
    const { axes, strides, compat } = this.#config;
    const positions = pooledPositions(axes, shape.length);
    const perAxis = stridePerAxis(this.name, strides, positions.length);
    const lengths = positions.map((axis) => shape[axis] ?? Number.NaN);
    const pooled =
      compat === 'reference'
        ? referenceSpectralLengths(lengths, perAxis)
        : lengths.map((length, i) => spectralLength(length, perAxis[i] as number));
    return shape.map((size, axis) => {
      const length = pooled[positions.indexOf(axis)];
      return length === undefined ? size : Number.isNaN(length) ? null : length;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }
}

tf.serialization.registerClass(DiffStride);
tf.serialization.registerClass(SpectralPooling);
