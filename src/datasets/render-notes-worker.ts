import { answerRequests } from './answer-requests.ts';
import { type RenderedNote, type RenderJob, renderProgram } from './render-notes.ts';

answerRequests<RenderJob, RenderedNote[]>(async (job) => ({ result: await renderProgram(job) }));
