import { isClipped, isSilent } from './clip-examination.ts';
import { factsOf } from './dataset-counts.ts';
import type { ClassExample } from './dataset-examination.ts';
import type { ExaminedClip } from './examine-clip.ts';
import type { Clip } from './types.ts';

/** Classes of a column that get an example: the largest. */
export const mostExamples = 24;
/** Clips of a class that are looked at for an example. */
const candidatesOfClass = 4;

/** A class and the places of clips that may stand for it. */
export interface ExampleCandidates {
  readonly column: string;
  readonly label: string;
  readonly places: readonly number[];
}

/** Candidates for the largest classes of a column: training clips first, in the order of the data set. */
export function exampleCandidates(clips: readonly Clip[], column: string): ExampleCandidates[] {
  const members = new Map<string, number[]>();
  for (const [place, clip] of clips.entries()) {
    const label = clip.labels[column];
    if (label === undefined) continue;
    const places = members.get(label);
    if (places) places.push(place);
    else members.set(label, [place]);
  }
  return [...members]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, mostExamples)
    .map(([label, places]) => {
      const training = places.filter((place) => clips[place]?.split === 'train');
      const others = places.filter((place) => clips[place]?.split !== 'train');
      return { column, label, places: [...training, ...others].slice(0, candidatesOfClass) };
    });
}

/** The first candidate of each class that is sound, or else the first that can be read. `examined`: what was read of each clip. */
export function chooseExamples(
  clips: readonly Clip[],
  examined: readonly ExaminedClip[],
  candidates: readonly ExampleCandidates[],
  window: number,
): ClassExample[] {
  return candidates.flatMap(({ column, label, places }): ClassExample[] => {
    const readable = places.flatMap((place) => {
      const facts = factsOf(examined[place]);
      return facts?.example ? [{ clip: clips[place]?.id ?? '', facts, logMel: facts.example }] : [];
    });
    const sound = ({ facts }: (typeof readable)[number]) =>
      !isSilent(facts.levels) && !isClipped(facts.levels) && facts.seconds >= window;
    const chosen = readable.find(sound) ?? readable[0];
    if (chosen === undefined) return [];
    return [{ column, label, clip: chosen.clip, seconds: chosen.facts.seconds, logMel: chosen.logMel }];
  });
}
