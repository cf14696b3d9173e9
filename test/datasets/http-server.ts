import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server treats the next request; when the list is used up it serves properly. */
export type Fault =
  | { readonly kind: 'drop'; readonly after: number; readonly ignoreRange?: boolean }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'ignore range' }
  | { readonly kind: 'wrong range' }
  | { readonly kind: 'wrong bytes' }
  | { readonly kind: 'stall'; readonly after: number }
  | { readonly kind: 'slow' };

export interface TestServer {
  readonly url: string;
  /** `GET path range status` of each request. */
  readonly requests: string[];
  readonly faults: Fault[];
  files: Record<string, Buffer>;
  close(): Promise<void>;
}

/** A server of files with ETags and ranges, which fails in the ways that it is told to. */
export async function startServer(files: Record<string, Buffer>): Promise<TestServer> {
  const faults: Fault[] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).then((status) => {
      requests.push(`${request.url} ${request.headers.range ?? '-'} ${status}`);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<number> {
    const fault = faults.shift();
    const content = state.files[decodeURIComponent((request.url ?? '').slice(1))];
    if (fault?.kind === 'status') return end(response, fault.status);
    if (!content) return end(response, 404);
    const etag = `"${content.length}-${content[0] ?? 0}"`;
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const ignored = fault?.kind === 'ignore range' || (fault?.kind === 'drop' && fault.ignoreRange === true);
    let start = range && fresh && !ignored ? Number(range[1]) : 0;
    if (start >= content.length && start > 0) {
      response.setHeader('content-range', `bytes */${content.length}`);
      return end(response, 416);
    }
    const status = start > 0 ? 206 : 200;
    if (status === 206 && fault?.kind === 'wrong range') start = 1;
    let body = content.subarray(start);
    if (fault?.kind === 'wrong bytes') body = Buffer.alloc(body.length, 0x21);
    response.writeHead(status, {
      etag,
      'content-length': body.length,
      ...(status === 206 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    if (fault?.kind === 'drop' || fault?.kind === 'stall') {
      response.write(body.subarray(0, fault.after));
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (fault.kind === 'drop') response.destroy();
      return status;
    }
    if (fault?.kind === 'slow') {
      for (let at = 0; at < body.length; at += Math.ceil(body.length / 8)) {
        response.write(body.subarray(at, at + Math.ceil(body.length / 8)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      response.end();
      return status;
    }
    response.end(body);
    return status;
  }

  function end(response: ServerResponse, status: number): number {
    response.writeHead(status);
    response.end();
    return status;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: TestServer = {
    url: `http://127.0.0.1:${port}`,
    requests,
    faults,
    files,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}
