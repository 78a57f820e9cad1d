import { expect, test } from 'vitest';
import { replyToReset } from '#signing-proxy/filters/router/upstream-replies.ts';
import { UpstreamError } from '#signing-proxy/upstreams/upstream-error.ts';

const REFUSED = new UpstreamError({
  reason: 'remote connection failure',
  flag: 'UF',
  retryKind: 'connect-failure',
  transportFailure: 'delayed connect error: Connection refused',
});

test.each([
  [true, ', transport failure reason: delayed connect error: Connection refused'],
  [false, ''],
])('tells the caller how the transport failed: %s; its details do in any case', (tellsTransportFailure, told) => {
  const reply = replyToReset(REFUSED, { isRetry: false, addsEnvoyHeaders: true, tellsTransportFailure });
  expect(reply.body).toBe(
    `upstream connect error or disconnect/reset before headers. reset reason: remote connection failure${told}`,
  );
  expect(reply.details).toContain('delayed connect error: Connection refused');
});
