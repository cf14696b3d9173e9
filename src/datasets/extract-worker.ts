import { workerData } from 'node:worker_threads';
import { answerRequests } from './answer-requests.ts';
import type { ClipSource, ExtractedClip } from './extract.ts';
import { type ExtractorSettings, inlineExtractor } from './extractor.ts';

const extractor = inlineExtractor(workerData as ExtractorSettings);

answerRequests<readonly ClipSource[], ExtractedClip[]>(async (group) => {
  const result = (await extractor.extract(group)).map(ownBuffer);
  const transfer = result.flatMap((clip) => ('data' in clip ? [clip.data.buffer as ArrayBuffer] : []));
  return { result, transfer };
});

/** The clip with its data in a buffer of its own, which can be handed over. */
function ownBuffer(clip: ExtractedClip): ExtractedClip {
  if (!('data' in clip) || clip.data.byteLength === clip.data.buffer.byteLength) return clip;
  return { ...clip, data: clip.data.slice() };
}
