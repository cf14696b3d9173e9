import type { LogMelTransform } from '../features/index.ts';
import { type ClipSource, type ExtractedClip, type ExtractionSettings, extractClip } from './extract.ts';

/** Where clips are turned into what is stored of them. */
export interface Extractor {
  /** Groups that may be under way at once without waiting. */
  readonly lanes: number;
  /** What is stored of each of some clips, in their order. */
  extract(group: readonly ClipSource[]): Promise<ExtractedClip[]>;
  close(): Promise<void>;
}

/** An extractor in this thread. */
export function inlineExtractor(settings: ExtractionSettings, transform?: LogMelTransform): Extractor {
  return {
    lanes: 1,
    async extract(group) {
      const extracted: ExtractedClip[] = [];
      for (const source of group) extracted.push(await extractClip(source, settings, transform));
      return extracted;
    },
    close: () => Promise.resolve(),
  };
}
