import type { Case } from './case.ts';
import type { Row } from './result.ts';
import { median } from './rounds.ts';
import { type Measurement, ownSide, runSide } from './side.ts';

/** Kernels listed of each step: those that take most of it. */
const listed = 12;

interface KernelSpeed {
  kernel: string;
  gflops: number;
}

/** The arithmetic-bound kernels of one kind of step in what `profile-step.ts` printed, the longest first. */
function kernelSpeeds(measurement: Measurement, step: string): KernelSpeed[] {
  const profile = measurement[step];
  if (typeof profile !== 'object' || profile === null || !('kernels' in profile)) return [];
  const kernels: unknown[] = Array.isArray(profile.kernels) ? profile.kernels : [];
  return kernels.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || !('kernel' in entry) || !('gflops' in entry)) return [];
    const { kernel, gflops } = entry;
    return typeof kernel === 'string' && typeof gflops === 'number' ? [{ kernel, gflops }] : [];
  });
}

/** GFLOP/s of the training step's longest kernels, in operations of the direct algorithm, as shares of the measured peak. */
function layerCase(pooling: string): Case {
  const id = `layers/${pooling}/16`;
  return {
    id,
    async run({ place, rounds, steps, onRun }) {
      const argv = [
        '--pooling',
        pooling,
        '--batch',
        '16',
        '--threads',
        String(place.threads),
        '--steps',
        String(steps),
      ];
      const side = ownSide('spectride', 'profile-step', argv);
      const measurements: Measurement[] = [];
      for (let round = 0; round < rounds; round++) {
        onRun(id)(side, round);
        measurements.push(await runSide(side, place));
      }
      const speeds = measurements.map((measurement) => kernelSpeeds(measurement, 'training'));
      const peaks = measurements.map(({ peak }) => (typeof peak === 'number' ? peak : Number.NaN));
      return (speeds[0] ?? []).slice(0, listed).map(({ kernel }): Row => {
        const values = speeds.map((all) => all.find((speed) => speed.kernel === kernel)?.gflops ?? Number.NaN);
        return {
          id: `${id}/${kernel}`,
          unit: 'GFLOP/s',
          medians: { spectride: median(values), peak: median(peaks) },
          ratio: median(values.map((value, round) => value / (peaks[round] ?? Number.NaN))),
          comparison: 'spectride / peak',
        };
      });
    },
  };
}

/** Speed layer by layer. */
export const layerCases: Case[] = ['strided', 'diffstride'].map(layerCase);
