import { BadInputError } from '../errors.ts';
import type { AxisRole } from './pooled-length.ts';
import { type Stride, strideValue } from './stride-value.ts';

/** One axis that a layer pools. */
export interface PooledAxis {
  /** Counted from 0. */
  axis: number;
  length: number;
  stride: Stride;
  role: AxisRole;
}

export interface PooledAxesOptions {
  /** Axes to pool; negative ones count from the end. */
  axes: readonly number[];
  /** One stride for each axis, or one that all of them share. */
  strides: Stride | readonly Stride[];
  roles?: readonly AxisRole[];
}

/** The last of several axes is frequency, a lone one is time. */
export function defaultRoles(count: number): AxisRole[] {
  return Array.from({ length: count }, (_, i) => (count > 1 && i === count - 1 ? 'frequency' : 'time'));
}

/** The axes of a layer's options, checked against the shape it is given. Throws BadInputError, naming the layer. */
export function pooledAxes(layer: string, shape: readonly number[], options: PooledAxesOptions): PooledAxis[] {
  const { axes, strides, roles = defaultRoles(axes.length) } = options;
  const refuse = (field: string, expected: string, found: unknown): never => {
    throw new BadInputError(`${layer}: ${field}: expected ${expected}, found ${JSON.stringify(found)}`);
  };
  const rank = shape.length;
  const positions = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const valid = positions.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank);
  if (axes.length === 0 || !valid || new Set(positions).size !== axes.length) {
    refuse('axes', `different axes of a shape [${shape}]`, axes);
  }
  if (roles.length !== axes.length || !roles.every((role) => role === 'time' || role === 'frequency')) {
    refuse('roles', `"time" or "frequency" for each of ${axes.length} axes`, roles);
  }
  const perAxis = Array.isArray(strides) ? (strides as readonly Stride[]) : axes.map(() => strides as Stride);
  if (perAxis.length !== axes.length)
    refuse('strides', `one for each of ${axes.length} axes`, perAxis.map(strideValue));
  return positions.map((axis, i) => {
    const length = shape[axis] as number;
    const stride = perAxis[i] as Stride;
    const value = strideValue(stride);
    // A learned stride may stand below 1 for the moment between an update and its projection; it then counts as 1.
    if (Number.isNaN(value) || (typeof stride === 'number' && !(value >= 1))) {
      refuse(
        'strides',
        'numbers of at least 1',
        perAxis.map((entry) => String(strideValue(entry))),
      );
    }
    if (length === 0) refuse('shape', 'no empty pooled axis', shape);
    return { axis, length, stride, role: roles[i] as AxisRole };
  });
}
