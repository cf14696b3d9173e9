import type { Row } from './result.ts';
import type { Place, Side } from './side.ts';

/** What a case needs to run. */
export interface CaseContext {
  place: Place;
  rounds: number;
  /** Timed steps in one process. */
  steps: number;
  /** Command lines that take the options of `network-step.ts` and print its JSON line. */
  peers: string[];
  /** A command line that prints the JSON line of `log-mel-speed.ts` for other libraries. */
  logMelPeer: string | undefined;
  /** A project folder with a working @tensorflow/tfjs-node. */
  tfjsNode: string | undefined;
  /** Reports each process that starts. */
  onRun(id: string): (side: Side, round: number) => void;
}

/** One thing that is measured. `id` is what `--only` selects by. */
export interface Case {
  id: string;
  run(context: CaseContext): Promise<Row[]>;
}
