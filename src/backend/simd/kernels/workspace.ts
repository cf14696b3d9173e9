import type { Engine } from '../engine.ts';

/** Blocks of the shared memory that live as long as one call of a driver. */
export class Workspace {
  readonly #engine: Engine;
  readonly #blocks: number[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Address of a block of `count` floats, not cleared. */
  floats(count: number): number {
    const address = this.#engine.allocate(count * 4);
    this.#blocks.push(address);
    return address;
  }

  /** Address of a block that holds `values` as 32-bit words (negative ones in two's complement). */
  words(values: readonly number[]): number {
    const address = this.floats(values.length);
    this.#engine.uint32.set(
      values.map((value) => value >>> 0),
      address / 4,
    );
    return address;
  }

  releaseAll(): void {
    for (const address of this.#blocks) {
      this.#engine.release(address);
    }
  }
}

/** Runs `compute` with a workspace that is given back afterwards, whatever happens. */
export function withWorkspace<Result>(engine: Engine, compute: (workspace: Workspace) => Result): Result {
  const workspace = new Workspace(engine);
  try {
    return compute(workspace);
  } finally {
    workspace.releaseAll();
  }
}
