import { type Axis, axes, type ResolvedAudioCnn } from './audio-cnn-options.ts';
import { strideParameter } from './learned-strides.ts';

/** Where a layer's pool gets its stride: a fixed number, or a parameter's name. */
export interface PoolPlan {
  axis: Axis;
  stride: number | string;
}

/** A convolution, the pools that follow it, ReLU and batch normalisation. */
export interface LayerPlan {
  /** `blocks.1.time` */
  name: string;
  kernelShape: [number, number, number, number];
  strides: [number, number];
  pools: PoolPlan[];
}

/** Where an axis lies in a map [batch, time, frequency, channels]. */
export const axisIndex: Record<Axis, number> = { time: 1, frequency: 2 };

function planPool(options: ResolvedAudioCnn, block: number, axis: Axis): PoolPlan[] {
  const nominal = options.strides[block - 1]?.[axes.indexOf(axis)] as number;
  const stride = strideParameter(options, block, axis) ?? nominal;
  return options.pooling === 'strided' || stride === 1 ? [] : [{ axis, stride }];
}

/** One block of the paper is two layers: `axis` pools each along its own axis, `block` both after the second. */
export function planLayers(options: ResolvedAudioCnn): LayerPlan[] {
  const { kernel, channels, placement, pooling } = options;
  return channels.flatMap((outputs, i) => {
    const inputs = i === 0 ? 1 : (channels[i - 1] as number);
    const [time, frequency] = options.strides[i] as readonly [number, number];
    const timePools = planPool(options, i + 1, 'time');
    const frequencyPools = planPool(options, i + 1, 'frequency');
    const plans: LayerPlan[] = [
      {
        name: `blocks.${i + 1}.time`,
        kernelShape: [kernel, 1, inputs, outputs],
        strides: pooling === 'strided' ? [time, 1] : [1, 1],
        pools: placement === 'axis' ? timePools : [],
      },
      {
        name: `blocks.${i + 1}.frequency`,
        kernelShape: [1, kernel, outputs, outputs],
        strides: pooling === 'strided' ? [1, frequency] : [1, 1],
        pools: placement === 'axis' ? frequencyPools : [...timePools, ...frequencyPools],
      },
    ];
    return plans;
  });
}
