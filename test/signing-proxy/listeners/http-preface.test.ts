import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectHttpProtocol } from '#signing-proxy/listeners/http-preface.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe('detectHttpProtocol', () => {
  test.each([
    ['GET / HTTP/1.1\r\nhost: a\r\n', 'http/1.1'],
    ['GET / HTTP/1.0\r\n', 'http/1.0'],
    ['PATCH /a HTTP/1.1\n', 'http/1.1'],
    [PREFACE, 'h2c'],
    ['PRI * HTTP/2.0\r\n', 'incomplete'],
    ['GET /long', 'incomplete'],
    ['', 'incomplete'],
    ['GET / HTTP/1.1 and more\r\n', undefined],
    ['\u0000\u0001binary', undefined],
    ['SSH-2.0-OpenSSH_9.2\r\n', undefined],
  ])('takes %j for %s', (bytes, protocol) => {
    expect(detectHttpProtocol(Buffer.from(bytes, 'latin1'))).toBe(protocol);
  });

  test('gives up on a first line that does not end', () => {
    expect(detectHttpProtocol(Buffer.from(`GET /${'a'.repeat(9000)}`))).toBeUndefined();
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void detectHttpProtocol(Buffer.from(bytes))));
  });
});
