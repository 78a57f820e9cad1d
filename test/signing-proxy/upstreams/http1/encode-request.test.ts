import { describe, expect, test } from 'vitest';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { encodeRequestHead } from '#signing-proxy/upstreams/http1/encode-request.ts';

function encode(method: string, entries: readonly (readonly [string, string])[], hasBody = false): string {
  const headers = HeaderMap.from([
    [':method', method],
    [':path', '/a?b'],
    [':scheme', 'http'],
    [':authority', 'example.com:8080'],
    ...entries,
  ]);
  return encodeRequestHead(headers, hasBody).text;
}

describe('encodeRequestHead', () => {
  test('writes host first, then the headers in their order, and adds nothing', () => {
    expect(
      encode('GET', [
        ['x-b', '1'],
        ['accept', '*/*'],
        ['x-b', '2'],
      ]),
    ).toBe('GET /a?b HTTP/1.1\r\nhost: example.com:8080\r\nx-b: 1\r\naccept: */*\r\nx-b: 2\r\n\r\n');
  });

  test('says that a POST without body has none', () => {
    expect(encode('POST', [])).toContain('\r\ncontent-length: 0\r\n');
  });

  test('keeps the length it was given', () => {
    expect(encode('POST', [['content-length', '3']], true)).toBe(
      'POST /a?b HTTP/1.1\r\nhost: example.com:8080\r\ncontent-length: 3\r\n\r\n',
    );
  });

  test('sends a body of unknown length in chunks', () => {
    expect(encode('POST', [['transfer-encoding', 'gzip']], true)).toBe(
      'POST /a?b HTTP/1.1\r\nhost: example.com:8080\r\ntransfer-encoding: chunked\r\n\r\n',
    );
  });

  test('frames nothing for an upgrade', () => {
    expect(
      encode(
        'GET',
        [
          ['connection', 'upgrade'],
          ['upgrade', 'websocket'],
        ],
        true,
      ),
    ).not.toContain('chunked');
  });
});
