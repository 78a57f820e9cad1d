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
  ['UT', 504, 'response_timeout', 'route-timeout', /timeout of route "cat" ran out at proxy "httpbin"/],
  ['UT,URX', 504, 'upstream_per_try_timeout', 'per-try-timeout', /last attempt that route "cat" allows/],
  ['SI', 408, 'stream_idle_timeout', 'stream-idle-timeout', /longer than proxy "httpbin" lets one be idle/],
  ['NC', 503, 'cluster_not_found', 'no-cluster', /names upstream cluster "lambda"/],
  ['UH', 503, 'no_healthy_upstream', 'no-healthy-upstream', /"lambda" has no healthy endpoint/],
  ['UO', 503, 'overflow', 'circuit-breaker', /limit of upstream cluster "lambda"/],
  [
    'UF',
    503,
    'upstream_reset_before_response_started{connection failure}',
    'connection-failure',
    /no connection to upstream cluster "lambda": connection failure/,
  ],
  [
    'UC',
    503,
    'upstream_reset_before_response_started{connection termination}',
    'connection-lost',
    /broke the connection before its answer: connection termination/,
  ],
  ['-', 403, 'rbac_access_denied_matched_policy[ns[default]]', 'access-denied', /authorisation policy/],
])('%s %i %s is explained by %s', (flags, status, detail, cause, sentence) => {
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
