import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** The part of httpbin (https://httpbin.org) that samples use: `/status/N`, `/headers`, `/get`, `/post`, `/anything`. */
export function httpbin(request: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  answer(request, response).catch(() => response.destroy());
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const [path = '/'] = (request.url ?? '/').split('?');
  const status = /^\/status\/(\d{3})$/.exec(path)?.[1];
  if (status !== undefined) {
    response.writeHead(Number(status), { 'Content-Length': 0 }).end();
    return;
  }
  const echo = createEcho(path, request, body);
  if (echo === undefined) {
    sendJson(response, 404, { error: 'not found' });
    return;
  }
  sendJson(response, 200, echo);
}

function createEcho(path: string, request: IncomingMessage, body: Buffer): object | undefined {
  const { headers, method, url } = request;
  if (path === '/headers') return { headers };
  if (path === '/get') return { headers, url };
  if (path === '/post') return { data: body.toString(), headers, url };
  if (path.startsWith('/anything')) return { data: body.toString(), headers, method, url };
  return undefined;
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
    .end(text);
}
