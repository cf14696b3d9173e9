import { elementGrain, input, type Override, type Overrides, sizeOf } from './override.ts';

/** Contract of `SpectrideAdam`: variable, firstMoment, secondMoment, gradient → the three after one step. */
const adam: Override = ({ inputs, attributes, backend }) => {
  const variable = input(inputs, 'variable');
  const sources = ['variable', 'firstMoment', 'secondMoment', 'gradient'].map((name) =>
    backend.address(input(inputs, name)),
  );
  const { learningRate, beta1, beta2, epsilon, step } = attributes as Record<string, number>;
  const [rate, b1, b2, e, t] = [learningRate, beta1, beta2, epsilon, step].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const outputs = [0, 1, 2].map(() => backend.output(variable.shape));
  backend.runtime.parallel(
    'adam',
    [
      ...sources,
      ...outputs.map((output) => output.address),
      rate,
      b1,
      1 - b1,
      b2,
      1 - b2,
      e,
      1 / (1 - b1 ** t),
      1 / (1 - b2 ** t),
    ],
    { count: sizeOf(variable), grain: elementGrain },
  );
  return outputs.map((output) => output.info);
};

export const optimizers: Overrides = { SpectrideAdam: adam };
