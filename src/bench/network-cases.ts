import type { Case, CaseContext } from './case.ts';
import type { Goal, Row } from './result.ts';
import { alternate, median, medianRatio, numbers, type Rounds } from './rounds.ts';
import { commandName, ownSide, type Side, splitCommand } from './side.ts';

type Pooling = 'strided' | 'spectral' | 'diffstride';

const poolings: Pooling[] = ['strided', 'spectral', 'diffstride'];
const batches = [1, 16, 32];
const ours = 'spectride';
const tfjsNode = 'tfjs-node';

const atLeast = (bar: number, moonshot: number): Goal => ({ direction: 'at least', bar, moonshot });

/** Bars of the project's design (section 7) and of the engine's brief, by pooling, batch and quantity. */
const peerGoals: Record<string, Goal> = {
  'strided/16/training': atLeast(1.5, 2),
  'strided/32/training': atLeast(1.5, 2),
  'diffstride/16/training': atLeast(2.2, 2.7),
  'spectral/16/training': atLeast(2.5, 4),
  'strided/16/inference': atLeast(1.2, 1.5),
  'strided/32/inference': atLeast(1.2, 1.5),
  'diffstride/16/inference': atLeast(2, 2.5),
  'strided/16/memory': atLeast(1, 2),
  'diffstride/16/memory': atLeast(1, 2),
};
const tfjsNodeGoals: Record<string, Goal> = {
  'strided/16/training': atLeast(2.5, 4),
  'spectral/16/training': atLeast(5, 8),
};

const quantities = [
  { name: 'training', key: 'train_ms', unit: 'ms' },
  { name: 'inference', key: 'infer_ms', unit: 'ms' },
  { name: 'memory', key: 'peak_rss_mb', unit: 'MB' },
] as const;

function medians(rounds: Rounds, key: string): Record<string, number> {
  return Object.fromEntries([...rounds.keys()].map((side) => [side, median(numbers(rounds, side, key))]));
}

/** Steps of one pooling at one batch size, against every peer. */
function stepCase(pooling: Pooling, batch: number): Case {
  const id = `network/${pooling}/${batch}`;
  return {
    id,
    async run(context) {
      const argv = ['--pooling', pooling, '--batch', String(batch), ...stepArguments(context)];
      const peers = context.peers.map(
        (command): Side => ({ name: commandName(command), command: [...splitCommand(command), ...argv] }),
      );
      const sides = [ownSide(ours, 'network-step', argv), ...peers];
      if (context.tfjsNode !== undefined) {
        const side = ownSide(tfjsNode, 'network-step', [...argv, '--backend', 'tensorflow']);
        sides.push({ ...side, folder: context.tfjsNode });
      }
      const rounds = await alternate(sides, context.rounds, context.place, context.onRun(id));
      return quantities.flatMap(({ name, key, unit }): Row[] => {
        const row: Row = { id: `${id}/${name}`, unit, medians: medians(rounds, key) };
        const goalKey = `${pooling}/${batch}/${name}`;
        const rows: Row[] = [];
        if (peers.length > 0) {
          const ratio = medianRatio(
            rounds,
            ours,
            peers.map(({ name }) => name),
            key,
          );
          rows.push({ ...row, ratio, comparison: `best peer / ${ours}`, goal: peerGoals[goalKey] });
        }
        if (context.tfjsNode !== undefined) {
          const ratio = medianRatio(rounds, ours, [tfjsNode], key);
          const comparison = `${tfjsNode} / ${ours}`;
          rows.push({ ...row, id: `${row.id}/${tfjsNode}`, ratio, comparison, goal: tfjsNodeGoals[goalKey] });
        }
        return rows.length > 0 ? rows : [row];
      });
    },
  };
}

function stepArguments({ place, steps }: CaseContext): string[] {
  return ['--threads', String(place.threads), '--steps', String(steps)];
}

/** DiffStride against strided convolution where both have maps of the same size (design 2.3). */
const equalMaps: Case = {
  id: 'network/equal-maps/16',
  async run(context) {
    const common = ['--batch', '16', ...stepArguments(context)];
    const diffstride = ['--pooling', 'diffstride', '--init', 'effective', '--relative', '0.05'];
    const sides = [
      ownSide('diffstride', 'network-step', [...common, ...diffstride]),
      ownSide('strided', 'network-step', [...common, '--pooling', 'strided']),
    ];
    const rounds = await alternate(sides, context.rounds, context.place, context.onRun(this.id));
    return [
      {
        id: `${this.id}/training`,
        unit: 'ms',
        medians: medians(rounds, 'train_ms'),
        ratio: 1 / medianRatio(rounds, 'diffstride', ['strided'], 'train_ms'),
        comparison: 'diffstride / strided',
        goal: { direction: 'at most', bar: 1.43, moonshot: 1.25 },
      },
    ];
  },
};

/** One thread against as many as asked for. */
const threads: Case = {
  id: 'threads/diffstride/16',
  async run(context) {
    const many = `${context.place.threads} threads`;
    const argv = ['--pooling', 'diffstride', '--batch', '16', '--steps', String(context.steps)];
    const sides = [
      ownSide(many, 'network-step', [...argv, '--threads', String(context.place.threads)]),
      ownSide('1 thread', 'network-step', [...argv, '--threads', '1']),
    ];
    const rounds = await alternate(sides, context.rounds, context.place, context.onRun(this.id));
    return [
      {
        id: `${this.id}/training`,
        unit: 'ms',
        medians: medians(rounds, 'train_ms'),
        ratio: medianRatio(rounds, many, ['1 thread'], 'train_ms'),
        comparison: `1 thread / ${many}`,
        goal: context.place.threads === 2 ? atLeast(1.8, 1.95) : undefined,
      },
    ];
  },
};

/** Every case about the audio CNN. */
export const networkCases: Case[] = [
  ...poolings.flatMap((pooling) => batches.map((batch) => stepCase(pooling, batch))),
  equalMaps,
  threads,
];
