import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

const ANSWER = Buffer.from('{"statusCode":200,"body":"meow"}');
const HEADERS = { 'content-type': 'application/json', 'content-length': ANSWER.length };

/** What any server on Node must do: read the body to its end, answer. The answer is that of a function behind a proxy. */
export function answerRequest(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks);
    response.writeHead(200, HEADERS);
    response.end(ANSWER);
  });
}
