import type { CallerRequest } from '../types.ts';

/** One HTTP/1.1 request: the request line without version, `host: example.com` unless given, the headers, the body. */
export function http1(line: string, headers: readonly string[] = [], body = ''): CallerRequest {
  return { bytes: formatRequest(line, headers, body) };
}

/** The bytes of such a request, to be cut, joined or spoiled. */
export function formatRequest(line: string, headers: readonly string[] = [], body = ''): string {
  const hasHost = headers.some((header) => /^host:/i.test(header));
  const length =
    body === '' || headers.some((header) => /^(content-length|transfer-encoding)\s*:/i.test(header))
      ? []
      : [`content-length: ${body.length}`];
  return [`${line} HTTP/1.1`, ...(hasHost ? [] : ['host: example.com']), ...headers, ...length, '', body].join('\r\n');
}

export function get(path: string, ...headers: readonly string[]): CallerRequest {
  return http1(`GET ${path}`, headers);
}

/** A POST over HTTP/2 with a body and, behind it, trailers. */
export function post2(path: string, body: string, trailers?: Readonly<Record<string, string>>): CallerRequest {
  const head = [
    [':method', 'POST'],
    [':path', path],
    [':scheme', 'http'],
    [':authority', 'example.com'],
  ] as const;
  return { h2: head, body, ...(trailers === undefined ? {} : { trailers }) };
}
