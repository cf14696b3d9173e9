import { parentPort } from 'node:worker_threads';
import { messageOf } from '../errors.ts';

/** The whole of a worker thread: answers each request of its pool, whose answer may move buffers instead of copying them. */
export function answerRequests<Request, Answer>(
  answer: (request: Request) => Promise<{ result: Answer; transfer?: ArrayBuffer[] }>,
): void {
  const port = parentPort;
  if (!port) throw new Error('expected to run as a worker thread');
  port.on('message', async (request: Request) => {
    try {
      const { result, transfer } = await answer(request);
      port.postMessage({ result }, transfer);
    } catch (error) {
      port.postMessage({ error: messageOf(error) });
    }
  });
}
