import * as tf from '@tensorflow/tfjs';

export type NamedTensors = Record<string, tf.Tensor | undefined>;
export type Attributes = Record<string, number | boolean | number[]>;

/**
 * A named operation of the network. It is a tfjs kernel, so a backend may register a fused form under the same name; where
 * the current backend has none, `definition`, written in ordinary tfjs operations, is registered for it at the first call.
 * Gradients are registered beside each operation and hold for every backend. Inputs that are undefined are left out.
 */
export function operation<Inputs extends NamedTensors, Attrs extends Attributes, Outputs extends tf.Tensor[]>(
  kernelName: string,
  definition: (inputs: Inputs, attributes: Attrs) => Outputs,
): (inputs: Inputs, attributes: Attrs) => Outputs {
  return (inputs, attributes) => {
    const engine = tf.engine();
    engine.backend; // The first use chooses a backend where none was set.
    const backendName = engine.backendName;
    if (!tf.getKernel(kernelName, backendName)) {
      tf.registerKernel({
        kernelName,
        backendName,
        kernelFunc: ({ inputs, attrs }) =>
          tf.tidy(() => definition(inputs as unknown as Inputs, attrs as unknown as Attrs)),
      });
    }
    const given = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
    const outputs: tf.Tensor | tf.Tensor[] = engine.runKernel(kernelName, given as tf.NamedTensorMap, attributes);
    return (Array.isArray(outputs) ? outputs : [outputs]) as Outputs;
  };
}

/** What inference puts after the last linear map of a layer: relu(y) · scale + offset, each [channels]. */
export type Affine = { scale: tf.Tensor1D; offset: tf.Tensor1D };

/** The epilogue of a linear operation's plain definition; without an affine map, y itself. */
export function reluAffineOf(y: tf.Tensor, scale: tf.Tensor | undefined, offset: tf.Tensor | undefined): tf.Tensor {
  if (scale === undefined || offset === undefined) return y;
  return tf.add(tf.mul(tf.relu(y), scale), offset);
}

let releasing = false;

/**
 * Runs a gradient computation whose operations free each map as soon as their gradients have used it, where tfjs would hold all
 * of them to the end. Only for networks in which the maps between these operations form a chain, so that each upstream
 * gradient has one reader.
 */
export function releasingConsumed<T>(compute: () => T): T {
  releasing = true;
  try {
    return compute();
  } finally {
    releasing = false;
  }
}

/** Says that a gradient has read these tensors for the last time. */
export function consumed(...tensors: tf.Tensor[]): void {
  if (releasing) tf.dispose(tensors);
}
