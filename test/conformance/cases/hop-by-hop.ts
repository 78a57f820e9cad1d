import { routeAll } from '../bootstrap.ts';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

export const hopByHop: Suite = {
  name: 'hop-by-hop headers and framing',
  listeners: {
    plain: { manager: { route_config: routeAll({}) } },
    trailers: { manager: { route_config: routeAll({}), http_protocol_options: { enable_trailers: true } } },
  },
  cases: [
    { name: 'connection keep-alive', request: get('/', 'connection: keep-alive', 'keep-alive: timeout=5') },
    { name: 'proxy-connection', request: get('/', 'proxy-connection: keep-alive') },
    { name: 'connection names a header', request: get('/', 'connection: x-mine', 'x-mine: 1') },
    {
      name: 'connection names several headers',
      request: get('/', 'connection: x-mine, x-yours', 'x-mine: 1', 'x-yours: 2'),
    },
    { name: 'te trailers', request: get('/', 'te: trailers') },
    { name: 'te trailers with a weight and more', request: get('/', 'te: trailers, gzip;q=0.5') },
    { name: 'te gzip', request: get('/', 'te: gzip') },
    { name: 'te named by connection', request: get('/', 'connection: te', 'te: trailers') },
    { name: 'trailer header', request: get('/', 'trailer: x-later') },
    { name: 'proxy-authorization', request: get('/', 'proxy-authorization: Basic abc', 'proxy-authenticate: x') },
    { name: 'upgrade without connection', request: get('/', 'upgrade: websocket') },
    { name: 'chunked request', request: http1('POST /', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n') },
    {
      name: 'chunked request with an extension',
      request: http1('POST /', ['transfer-encoding: chunked'], '4;a=b\r\nbody\r\n0\r\n\r\n'),
    },
    {
      name: 'chunked request with trailers',
      request: http1('POST /', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\nx-t: 1\r\n\r\n'),
    },
    {
      name: 'chunked request with trailers passed on',
      listener: 'trailers',
      request: http1('POST /', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\nx-t: 1\r\n\r\n'),
    },
    { name: 'chunked GET', request: http1('GET /', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n') },
    { name: 'GET with a length', request: http1('GET /', [], 'body') },
    { name: 'POST without a body', request: http1('POST /') },
    { name: 'POST with length zero', request: http1('POST /', ['content-length: 0']) },
    { name: 'PUT without a body', request: http1('PUT /') },
    { name: 'DELETE without a body', request: http1('DELETE /') },
    { name: 'OPTIONS without a body', request: http1('OPTIONS /') },
    { name: 'PATCH with a body', request: http1('PATCH /', [], 'body') },
    { name: 'HEAD', request: http1('HEAD /'), answers: [{ headers: ['content-length', '5'] }] },
    {
      name: 'HEAD, chunked answer',
      request: http1('HEAD /'),
      answers: [{ headers: ['transfer-encoding', 'chunked'] }],
    },
    { name: 'method of its own', request: http1('BREW /pot') },
    { name: 'TRACE', request: http1('TRACE /') },
    {
      name: 'answer in chunks',
      request: get('/'),
      answers: [{ headers: ['transfer-encoding', 'chunked'], body: 'chunks' }],
    },
    {
      name: 'answer until the end of the connection',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end' }],
    },
    {
      name: 'answer of HTTP/1.0',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok' }],
    },
    {
      name: 'answer with hop headers',
      request: get('/'),
      answers: [
        {
          headers: [
            'connection',
            'close',
            'keep-alive',
            'timeout=1',
            'proxy-connection',
            'x',
            'te',
            'x',
            'trailer',
            'x',
            'upgrade',
            'x',
          ],
        },
      ],
    },
    {
      name: 'answer with a connection header that names one',
      request: get('/'),
      answers: [{ headers: ['connection', 'x-hop', 'x-hop', '1'] }],
    },
    { name: 'answer 204', request: get('/'), answers: [{ status: 204 }] },
    { name: 'answer 304', request: get('/'), answers: [{ raw: 'HTTP/1.1 304 Not Modified\r\netag: "x"\r\n\r\n' }] },
    {
      name: 'answer 304 with a length',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n' }],
    },
    {
      name: 'answer 100 first',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' }],
    },
    {
      name: 'answer 103 first',
      request: get('/'),
      answers: [
        { raw: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' },
      ],
    },
    {
      name: 'answer with another reason',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 Fine\r\ncontent-length: 2\r\n\r\nok' }],
    },
    {
      name: 'answer without a reason',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok' }],
    },
    { name: 'answer with a status of its own', request: get('/'), answers: [{ status: 299, body: 'x' }] },
    {
      name: 'answer with trailers',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n' }],
    },
    {
      name: 'answer with trailers passed on',
      listener: 'trailers',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n' }],
    },
    {
      name: 'answer with two lengths',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok' }],
    },
    {
      name: 'answer with length and chunks',
      request: get('/'),
      answers: [
        { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
      ],
    },
    { name: 'answer that is no HTTP', request: get('/'), answers: [{ raw: 'hello there\r\n\r\n' }] },
    {
      name: 'answer with a folded header',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\nx-a: 1\r\n 2\r\ncontent-length: 2\r\n\r\nok' }],
    },
    {
      name: 'answer cut in its body',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok' }],
    },
    {
      name: 'answer cut in its chunks',
      request: get('/'),
      answers: [{ raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok' }],
    },
    { name: 'answer cut in its head', request: get('/'), answers: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-le' }] },
  ],
};
