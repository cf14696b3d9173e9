import type { Engine } from '../engine.ts';
import type { Workspace } from './workspace.ts';

/**
 * Filters as the kernels read them (packed, and transformed for Winograd's method), kept from one call to the next. For inference,
 * where filters do not change: at batch 1 packing takes longer than the convolution.
 */
export class PackedFilters {
  readonly #engine: Engine;
  readonly #mostBytes: number;
  readonly #panels = new Map<object, Map<string, { address: number; bytes: number }>>();
  #bytes = 0;

  /** @param mostBytes filters beyond this are packed anew on every call */
  constructor(engine: Engine, mostBytes: number) {
    this.#engine = engine;
    this.#mostBytes = mostBytes;
  }

  /** Bytes of all filters that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The panels of one filter in one layout, packed by `pack` if they are not kept yet; undefined when there is no room. */
  panels(filter: object, layout: string, bytes: number, pack: (address: number) => void): number | undefined {
    const layouts = this.#panels.get(filter) ?? new Map<string, { address: number; bytes: number }>();
    const kept = layouts.get(layout);
    if (kept !== undefined) {
      return kept.address;
    }
    if (this.#bytes + bytes > this.#mostBytes) {
      return undefined;
    }
    const address = this.#engine.allocate(bytes);
    try {
      pack(address);
    } catch (error) {
      this.#engine.release(address);
      throw error;
    }
    layouts.set(layout, { address, bytes });
    this.#panels.set(filter, layouts);
    this.#bytes += bytes;
    return address;
  }

  /** Gives back what is kept of a filter, if anything is: its values are gone or will change. */
  forget(filter: object): void {
    for (const { address, bytes } of this.#panels.get(filter)?.values() ?? []) {
      this.#engine.release(address);
      this.#bytes -= bytes;
    }
    this.#panels.delete(filter);
  }

  /** Gives everything back. */
  clear(): void {
    for (const filter of [...this.#panels.keys()]) {
      this.forget(filter);
    }
  }
}

/** A filter whose panels are to be kept: `filter` stands for its values (not its address), until `filters.forget(filter)`. */
export interface KeptFilter {
  filters: PackedFilters;
  filter: object;
}

/** Addresses of the vectors in the panels' headers; 0 for none. */
export interface HeaderVectors {
  bias: number;
  scale: number;
  offset: number;
}

/**
 * Panels in the layout of kernel `pack` (`values` are its arguments after the filter and before the header vectors), with the headers
 * of this call: kept ones where `kept` says so, otherwise from the workspace.
 */
export function obtainPanels(
  engine: Engine,
  workspace: Workspace,
  options: {
    pack: 'packPanels' | 'packWinograd' | 'packStrideTwo' | 'packOverlapAdd';
    filter: number;
    values: number[];
    columns: number;
    panelBytes: number;
    scratchBytes: number;
    header: HeaderVectors;
    kept: KeptFilter | undefined;
  },
): number {
  const { pack, filter, values, columns, panelBytes, scratchBytes, kept } = options;
  const { bias, scale, offset } = options.header;
  const count = Math.ceil(columns / 16);
  const bytes = count * panelBytes;
  const packInto = (panels: number) =>
    engine.parallel(pack, [filter, ...values, bias, scale, offset, panels], { count, scratchBytes });
  const layout = [pack, ...values].join();
  const panels = kept?.filters.panels(kept.filter, layout, bytes, packInto);
  if (panels === undefined) {
    const temporary = workspace.floats(bytes / 4);
    packInto(temporary);
    return temporary;
  }
  engine.parallel('packHeaders', [columns, bias, scale, offset, panels, panelBytes], { count, chunks: 1 });
  return panels;
}
