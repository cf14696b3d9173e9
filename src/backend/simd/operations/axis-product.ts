import { util } from '@tensorflow/tfjs-core';
import { axisProduct as axisProductKernel, axisProductMatrixGradient } from '../kernels/axis-product.ts';
import { input, lastAxis, type Override, type Overrides } from './override.ts';

/** Elements before and after an axis. */
function around(shape: number[], axis: number): { outer: number; inner: number } {
  return { outer: util.sizeFromShape(shape.slice(0, axis)), inner: util.sizeFromShape(shape.slice(axis + 1)) };
}

/** Contract of `SpectrideAxisProduct`: x, matrix, optional scale and offset of the last axis → y. */
const axisProduct: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const matrix = input(inputs, 'matrix');
  const { scale, offset } = inputs;
  const axis = Number(attributes.axis);
  const transpose = attributes.transpose === true;
  const [rows = 1, columns = 1] = matrix.shape;
  const newSize = transpose ? columns : rows;
  const shape = x.shape.map((length, index) => (index === axis ? newSize : length));
  const sources = { x: backend.address(x), matrix: backend.address(matrix) };
  const epilogue =
    scale === undefined || offset === undefined
      ? undefined
      : { scale: backend.address(scale), offset: backend.address(offset), channels: lastAxis({ ...x, shape }) };
  const { info, address } = backend.output(shape);
  const sizes = { ...around(x.shape, axis), size: transpose ? rows : columns, newSize };
  axisProductKernel(backend.runtime, { ...sizes, ...sources, y: address, transpose, epilogue });
  return info;
};

/** Contract of `SpectrideAxisProductMatrixGradient`: x, dy → dMatrix. */
const matrixGradient: Override = ({ inputs, attributes, backend }) => {
  const x = input(inputs, 'x');
  const dy = input(inputs, 'dy');
  const axis = Number(attributes.axis);
  const size = x.shape[axis] ?? 1;
  const newSize = dy.shape[axis] ?? 1;
  const sources = { x: backend.address(x), dy: backend.address(dy) };
  const { info, address } = backend.output([newSize, size]);
  axisProductMatrixGradient(backend.runtime, {
    ...around(x.shape, axis),
    size,
    newSize,
    ...sources,
    dMatrix: address,
  });
  return info;
};

export const axisProducts: Overrides = {
  SpectrideAxisProduct: axisProduct,
  SpectrideAxisProductMatrixGradient: matrixGradient,
};
