import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes, ROUTER } from '../support/http-rig.ts';

const ALWAYS = { numerator: 100 };

const createRig = (fault: JsonObject, route: JsonObject = {}) =>
  createHttpRig({
    clusters: [createScriptedCluster('app')],
    manager: {
      route_config: inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' }, ...route }),
      http_filters: [
        {
          name: 'envoy.filters.http.fault',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault', ...fault },
        },
        ROUTER,
      ],
    },
  });

test('aborts with a status', async () => {
  using rig = createRig({ abort: { http_status: 503, percentage: ALWAYS } });
  expect(await rig.call()).toMatchObject({ status: 503, body: 'fault filter abort' });
});

test('aborts with a gRPC status', async () => {
  using rig = createRig({ abort: { grpc_status: 14, percentage: ALWAYS } });
  const { status, headers } = await rig.call();
  expect({ status, headers }).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/grpc', 'grpc-status': '14', 'grpc-message': 'fault filter abort' },
  });
});

test('delays first, then aborts', async () => {
  using rig = createRig({
    delay: { fixed_delay: '7s', percentage: ALWAYS },
    abort: { http_status: 418, percentage: ALWAYS },
  });
  const startedAt = rig.context.clock.now();
  expect(await rig.call()).toMatchObject({ status: 418 });
  expect(rig.context.clock.now() - startedAt).toBe(7000);
});

test('does what callers ask for where it may', async () => {
  using rig = createRig({
    delay: { header_delay: {}, percentage: ALWAYS },
    abort: { header_abort: {}, percentage: ALWAYS },
  });
  const startedAt = rig.context.clock.now();
  expect(await rig.call()).toMatchObject({ status: 200 });
  expect(rig.context.clock.now()).toBe(startedAt);
  const headers = ['x-envoy-fault-delay-request', '250', 'x-envoy-fault-abort-request', '429'];
  expect(await rig.call({ headers })).toMatchObject({ status: 429 });
  expect(rig.context.clock.now() - startedAt).toBe(250);
});

test('hits the share of requests that it is told', async () => {
  using rig = createRig({ abort: { http_status: 503, percentage: { numerator: 2500, denominator: 'TEN_THOUSAND' } } });
  let aborted = 0;
  for (let count = 0; count < 100; count++) if ((await rig.call()).status === 503) aborted++;
  expect(aborted).toBeGreaterThan(12);
  expect(aborted).toBeLessThan(38);
});

test('spares other clusters, and requests without the headers it wants', async () => {
  using rig = createRig({ abort: { http_status: 503, percentage: ALWAYS }, upstream_cluster: 'other' });
  expect(await rig.call()).toMatchObject({ status: 200 });
  using picky = createRig({ abort: { http_status: 503, percentage: ALWAYS }, headers: [{ name: 'x-fault' }] });
  expect(await picky.call()).toMatchObject({ status: 200 });
  expect(await picky.call({ headers: ['x-fault', '1'] })).toMatchObject({ status: 503 });
});

test('refuses what it cannot do', () => {
  expect(() => createRig({ response_rate_limit: { fixed_limit: { limit_kbps: 1 }, percentage: ALWAYS } })).toThrow(
    'HTTPFault: response_rate_limit is not supported',
  );
});
