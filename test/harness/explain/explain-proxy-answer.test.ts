import { expect, test } from 'vitest';
import type { RequestHead } from '#core/http-message.ts';
import { createTimeline, type Timeline } from '#core/timeline.ts';
import { explainCall } from '#harness/explain/explain-call.ts';

const GATEWAY = 'proxy "gateway"';
const SIDECAR = 'proxy "httpbin"';
const CALL: RequestHead = { method: 'GET', target: '/cat', httpVersion: '1.1', headers: ['Host', 'example.com'] };

interface LocalAnswer {
  readonly by?: string;
  readonly status: number;
  readonly flags: string;
  readonly detail: string;
}

/** A call through the gateway to the sidecar, which answers itself. */
function explain({ by = SIDECAR, ...answeredLocally }: LocalAnswer, before?: (timeline: Timeline) => void) {
  const timeline = createTimeline({ now: () => 0 });
  before?.(timeline);
  const inside = { ...CALL, headers: [...CALL.headers, 'x-request-id', 'a-1'] };
  const hop = { type: 'hop', kind: 'proxy', changes: [] } as const;
  if (by === GATEWAY) {
    timeline.emit({ ...hop, source: GATEWAY, hop: 'gateway', received: CALL, answeredLocally });
  } else {
    timeline.emit({
      ...hop,
      source: GATEWAY,
      hop: 'gateway',
      received: CALL,
      sent: inside,
      to: 'outbound|8000||httpbin',
    });
    timeline.emit({
      ...hop,
      source: SIDECAR,
      hop: 'httpbin',
      received: inside,
      sent: inside,
      to: 'lambda',
      route: 'cat',
    });
    timeline.emit({ ...hop, source: SIDECAR, hop: 'httpbin', received: inside, answeredLocally });
  }
  const response = { status: answeredLocally.status, headers: [] };
  timeline.emit({ type: 'call', source: 'curl', call: 1, request: CALL, to: '127.0.0.1:9080', response });
  return explainCall({ events: timeline.events(), callId: 1, findSecretAccessKey: () => undefined });
}

test.each([
  {
    flags: 'UT',
    status: 504,
    detail: 'response_timeout',
    cause: 'route-timeout',
    sentence: /timeout of route "cat" ran out at proxy "httpbin"/,
  },
  {
    flags: 'UT,URX',
    status: 504,
    detail: 'upstream_per_try_timeout',
    cause: 'per-try-timeout',
    sentence: /last attempt that route "cat" allows/,
  },
  {
    flags: 'SI',
    status: 408,
    detail: 'stream_idle_timeout',
    cause: 'stream-idle-timeout',
    sentence: /longer than proxy "httpbin" lets one be idle/,
  },
  {
    flags: 'NC',
    status: 503,
    detail: 'cluster_not_found',
    cause: 'no-cluster',
    sentence: /names upstream cluster "lambda"/,
  },
  {
    flags: 'UH',
    status: 503,
    detail: 'no_healthy_upstream',
    cause: 'no-healthy-upstream',
    sentence: /"lambda" has no healthy endpoint/,
  },
  {
    flags: 'UO',
    status: 503,
    detail: 'overflow',
    cause: 'circuit-breaker',
    sentence: /limit of upstream cluster "lambda"/,
  },
  {
    flags: 'UF',
    status: 503,
    detail: 'upstream_reset_before_response_started{connection failure}',
    cause: 'connection-failure',
    sentence: /no connection to upstream cluster "lambda": connection failure/,
  },
  {
    flags: 'UF',
    status: 503,
    detail:
      'upstream_reset_before_response_started{connection failure,TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED}',
    cause: 'certificate-refused',
    sentence: /did not accept the certificate that upstream cluster "lambda" showed/,
  },
  {
    flags: 'UF',
    status: 503,
    detail: 'upstream_reset_before_response_started{connection failure,TLS error: Secret is not supplied by SDS}',
    cause: 'secret-missing',
    sentence: /was never given the certificate for upstream cluster "lambda"/,
  },
  {
    flags: 'UC',
    status: 503,
    detail: 'upstream_reset_before_response_started{connection termination}',
    cause: 'connection-lost',
    sentence: /broke the connection before its answer: connection termination/,
  },
  {
    flags: '-',
    status: 403,
    detail: 'rbac_access_denied_matched_policy[ns[default]]',
    cause: 'access-denied',
    sentence: /authorisation policy/,
  },
])('$flags $status $detail is explained by $cause', ({ flags, status, detail, cause, sentence }) => {
  const explanation = explain({ status, flags, detail });
  expect(explanation).toMatchObject({ cause, grade: 'proved', where: `answered at hop 3, ${SIDECAR}` });
  expect(explanation?.sentence).toMatch(sentence);
});

test('an answer of the first proxy is found without a request id', () => {
  expect(explain({ by: GATEWAY, status: 404, flags: 'NR', detail: 'route_not_found' })).toMatchObject({
    cause: 'no-route',
    where: `answered at hop 2, ${GATEWAY}`,
  });
});

test('an answer that is no failure has no explanation', () => {
  expect(explain({ status: 200, flags: '-', detail: 'direct_response' })).toBeUndefined();
});

test('a local answer of another request explains nothing', () => {
  const other = (timeline: Timeline) => {
    const received = { ...CALL, target: '/dog' };
    const answeredLocally = { status: 504, flags: 'UT', detail: 'response_timeout' };
    timeline.emit({
      type: 'hop',
      kind: 'proxy',
      source: GATEWAY,
      hop: 'gateway',
      received,
      changes: [],
      answeredLocally,
    });
  };
  expect(explain({ status: 200, flags: '-', detail: 'direct_response' }, other)).toBeUndefined();
});

test.each([
  [429, 'TooManyRequestsException', 'function-throttled'],
  [404, 'ResourceNotFoundException', 'function-not-found'],
])('a %i of Lambda is explained by its code %s, not by the proxies', (status, code, cause) => {
  const timeline = createTimeline({ now: () => 0 });
  const aws = { source: 'mock-aws', service: 'lambda', awsRequestId: 'r-1', status };
  timeline.emit({ type: 'aws-answered', ...aws, operation: 'Invoke', code });
  const response = { status, headers: ['x-amzn-requestid', 'r-1'] };
  timeline.emit({ type: 'call', source: 'curl', call: 1, request: CALL, to: '127.0.0.1:9080', response });
  expect(explainCall({ events: timeline.events(), callId: 1, findSecretAccessKey: () => undefined })).toMatchObject({
    cause,
    grade: 'proved',
  });
});

test('a request that somebody behind the timeout never passed on is said to be held there', () => {
  let now = 0;
  const timeline = createTimeline({ now: () => now });
  const inside = { ...CALL, headers: [...CALL.headers, 'x-request-id', 'a-1'] };
  const hop = { type: 'hop', kind: 'proxy', source: GATEWAY, hop: 'gateway', changes: [] } as const;
  timeline.emit({ ...hop, received: CALL, sent: inside, to: 'outbound|8000||httpbin', route: '*:80' });
  for (const text of ["request headers complete:\n'x-request-id', 'a-1'", 'aws request signing from decodeData'])
    timeline.emit({ type: 'log', source: SIDECAR, level: 'debug', component: 'http', text: `[C0][s1] ${text}` });
  now = 15_000;
  timeline.emit({
    ...hop,
    received: inside,
    answeredLocally: { status: 504, flags: 'UT', detail: 'response_timeout' },
  });
  const response = { status: 504, headers: [] };
  timeline.emit({ type: 'call', source: 'curl', call: 1, request: CALL, to: '127.0.0.1:9080', response });
  const explanation = explainCall({ events: timeline.events(), callId: 1, findSecretAccessKey: () => undefined });
  expect(explanation).toMatchObject({ cause: 'route-timeout', grade: 'proved' });
  expect(explanation?.sentence).toBe(
    'The timeout of route "*:80" ran out at proxy "gateway" after 15.0s; proxy "httpbin" had the request and never passed it on.',
  );
  expect(explanation?.proof?.[1]).toBe(
    'the last that proxy "httpbin" logged of it: "aws request signing from decodeData"',
  );
});
