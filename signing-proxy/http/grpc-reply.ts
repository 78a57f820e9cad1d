import type { HeaderMap } from './header-map.ts';
import type { LocalReply } from './local-reply.ts';

const GRPC = /^application\/grpc(?:$|\+)/;

/** What a status of HTTP is in gRPC (envoyproxy/envoy `source/common/grpc/status.cc`); 2, unknown, for others. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);

/** Puts an answer of the proxy's own into the terms of a caller who speaks gRPC: 200, and the rest in headers. */
export function speakGrpc(reply: LocalReply, request: HeaderMap): LocalReply {
  if (!isGrpc(request)) return reply;
  const headers = reply.headers?.filter(([name]) => name !== 'content-type') ?? [];
  if (headers.some(([name]) => name === 'grpc-status')) return reply;
  const message = encodeMessage(reply.body);
  return {
    ...reply,
    status: 200,
    body: '',
    headers: [
      ...headers,
      ['content-type', 'application/grpc'],
      ['grpc-status', String(STATUSES.get(reply.status) ?? 2)],
      ...(message === '' ? [] : ([['grpc-message', message]] as const)),
    ],
  };
}

/** Whether a request is one of gRPC, by what it says of its body. */
export function isGrpc(request: HeaderMap): boolean {
  return GRPC.test(request.get('content-type') ?? '');
}

/** Everything but what is printable goes as `%XX`, and so do `%` and `~`. */
function encodeMessage(body: LocalReply['body']): string {
  const text = typeof body === 'string' ? Buffer.from(body).toString('latin1') : body.toString('latin1');
  return text.replaceAll(/[^ -}]|%/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
