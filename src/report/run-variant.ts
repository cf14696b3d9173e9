import { type RunGroup, settingsOf } from './run-group.ts';
import type { RunRecord } from './run-record.ts';
import { describeSetting, labelVariants } from './variant-labels.ts';

export type Pooling = RunRecord['pipeline']['model']['pooling'];
export type Setting = 'single-task' | 'multi-task';

/** A group of runs as the paper's tables sort it. */
export interface RunVariant<R extends RunRecord = RunRecord> {
  group: RunGroup<R>;
  /** One head or several. */
  setting: Setting;
  pooling: Pooling;
  shared: boolean;
  /** λ of the complexity regulariser. */
  complexity: number;
  /** The pooling, with what tells this model from others that a table would put into one cell: `diffstride (init=effective)`. */
  label: string;
}

/** Settings that make a model another column of a table; those of data and training length are not among them. */
const modelPaths = /^(model\.(?!pooling$).*|train\.(complexity|strideLearningRate))$/;
/** Settings that mean nothing without a learned stride. */
const learnedOnly = /^(model\.(smoothness.*|init|shared|learnUnitStrides)|train\.(complexity|strideLearningRate))$/;

function modelSettings(run: RunRecord): Map<string, string> {
  const learned = run.pipeline.model.pooling === 'diffstride';
  return new Map(
    [...settingsOf(run)].filter(([path]) => modelPaths.test(path) && (learned || !learnedOnly.test(path))),
  );
}

/** What each group is to a table: its setting and pooling, and a label that tells models of one pooling apart. */
export function classifyGroups<R extends RunRecord>(groups: readonly RunGroup<R>[]): RunVariant<R>[] {
  const described = groups.flatMap((group) => {
    const [first] = group.runs;
    return first === undefined ? [] : [{ group, pipeline: first.pipeline, settings: modelSettings(first) }];
  });
  return labelVariants(
    described.map(({ group, pipeline, settings }) => {
      const kin = described.filter((other) => other.pipeline.model.pooling === pipeline.model.pooling);
      const paths = new Set(kin.flatMap((other) => [...other.settings.keys()]));
      return {
        group,
        setting: pipeline.tasks.length > 1 ? 'multi-task' : 'single-task',
        pooling: pipeline.model.pooling,
        shared: pipeline.model.shared,
        complexity: pipeline.train.complexity,
        details: [...paths]
          .filter((path) => kin.some((other) => other.settings.get(path) !== settings.get(path)))
          .map((path) => describeSetting(path, settings.get(path)))
          .filter((text) => text !== undefined),
      };
    }),
  );
}
