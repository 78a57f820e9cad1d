import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { UpstreamError } from '#signing-proxy/upstreams/upstream-error.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes, type ScriptedAnswer } from '../support/http-rig.ts';

/** Istio's default (istio pkg/config/mesh). */
const ISTIO =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

const fileLog = (config: JsonObject): JsonObject => ({
  name: 'envoy.access_loggers.file',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
    path: '/dev/stdout',
    ...config,
  },
});

const textLog = (text: string) => fileLog({ log_format: { text_format_source: { inline_string: text } } });

function createRig(answer: () => ScriptedAnswer, log: JsonObject) {
  return createHttpRig({
    start: Date.UTC(2026, 0, 1),
    clusters: [createScriptedCluster('app', answer)],
    manager: {
      access_log: [log],
      generate_request_id: false,
      route_config: inlineRoutes({ name: 'default', match: { prefix: '/cat' }, route: { cluster: 'app' } }),
    },
  });
}

const testLine = (name: string, answer: () => ScriptedAnswer, path: string, line: string) =>
  test(`logs ${name} in Istio's format`, async () => {
    using rig = createRig(answer, textLog(ISTIO));
    await rig.call({ path, method: 'POST', body: 'four', headers: ['user-agent', 'curl/8'] });
    expect(rig.context.log.lines()).toEqual([line]);
  });

testLine(
  'an answer of the upstream',
  () => ({ body: 'hello' }),
  '/cat',
  '[2026-01-01T00:00:00.000Z] "POST /cat HTTP/1.1" 200 - via_upstream - "-" 4 5 0 0 "-" "curl/8" "-" "example.com" "10.0.0.1:443" app - 10.42.0.5:8080 10.42.0.9:40001 - default',
);
testLine(
  'a request without a route',
  () => ({}),
  '/dog',
  '[2026-01-01T00:00:00.000Z] "POST /dog HTTP/1.1" 404 NR route_not_found - "-" 4 0 0 - "-" "curl/8" "-" "example.com" "-" - - 10.42.0.5:8080 10.42.0.9:40001 - -',
);
testLine(
  'a failed connect',
  () => {
    throw new UpstreamError({
      reason: 'connection failure',
      flag: 'UF',
      retryKind: 'connect-failure',
      transportFailure: 'delayed connect error: 111',
      endpoint: { host: '10.0.0.1', port: 443 },
    });
  },
  '/cat',
  '[2026-01-01T00:00:00.000Z] "POST /cat HTTP/1.1" 503 UF upstream_reset_before_response_started{connection_failure,delayed_connect_error:_111} - "delayed_connect_error:_111" 4 145 0 - "-" "curl/8" "-" "example.com" "10.0.0.1:443" app - 10.42.0.5:8080 10.42.0.9:40001 - default',
);

test('writes JSON, every text in it a format, in the order of its keys', async () => {
  const template = { status: '%RESPONSE_CODE%', inner: { path: '%REQ(:PATH)%', none: '%REQ(X-NONE)%', fixed: 'text' } };
  using rig = createRig(() => ({}), fileLog({ log_format: { json_format: template } }));
  await rig.call({ path: '/cat' });
  expect(rig.context.log.lines()).toEqual(['{"inner":{"fixed":"text","none":null,"path":"/cat"},"status":200}']);
});

test("writes Envoy's own format where none is configured", async () => {
  using rig = createRig(() => ({ body: 'hello' }), fileLog({}));
  await rig.call({ path: '/cat' });
  expect(rig.context.log.lines()).toEqual([
    '[2026-01-01T00:00:00.000Z] "GET /cat HTTP/1.1" 200 - 0 5 0 0 "-" "-" "-" "example.com" "10.0.0.1:443"',
  ]);
});

test('refuses a file, which this process would not write', () => {
  expect(() => createRig(() => ({}), fileLog({ path: '/var/log/access.log' }))).toThrow(
    'access log path "/var/log/access.log" is not supported, use /dev/stdout',
  );
});

test('counts requests, connections and answers', async () => {
  using rig = createRig(() => ({ status: 201 }), fileLog({}));
  await rig.call({ path: '/cat' });
  await rig.call({ path: '/dog' });
  expect(Object.fromEntries(rig.context.stats.entries())).toMatchObject({
    'http..downstream_rq_total': 2,
    'http..downstream_cx_total': 2,
    'http..downstream_rq_2xx': 1,
    'http..downstream_rq_4xx': 1,
  });
});

const status = (op: string, limit: number) => ({
  status_code_filter: { comparison: { op, value: { default_value: limit, runtime_key: 'none' } } },
});

test.each([
  ['of a status', status('EQ', 404), ['/none']],
  ['from a status on', status('GE', 400), ['/none', '/broken']],
  ['up to a status', status('LE', 404), ['/cat', '/none']],
  ['with a flag', { response_flag_filter: { flags: ['NR'] } }, ['/none']],
  ['with any flag', { response_flag_filter: {} }, ['/none', '/broken']],
  ['with a header', { header_filter: { header: { name: ':path', string_match: { prefix: '/c' } } } }, ['/cat']],
  ['that all filters mean', { and_filter: { filters: [status('GE', 400), status('LE', 404)] } }, ['/none']],
  ['that one filter means', { or_filter: { filters: [status('EQ', 200), status('EQ', 404)] } }, ['/cat', '/none']],
] as [string, JsonObject, string[]][])('writes only requests %s', async (_, filter, expected) => {
  const log = { ...fileLog({ format: '%REQ(:PATH)%' }), filter };
  const paths = { match: { safe_regex: { regex: '/(cat|broken)' } }, route: { cluster: 'app' } };
  using rig = createHttpRig({
    manager: { access_log: [log], route_config: inlineRoutes(paths) },
    clusters: [
      createScriptedCluster('app', ({ headers }) => {
        if (headers.get(':path') !== '/broken') return {};
        throw new UpstreamError({ reason: 'connection failure', flag: 'UF', retryKind: 'connect-failure' });
      }),
    ],
  });
  for (const path of ['/cat', '/none', '/broken']) await rig.call({ path });
  expect(rig.context.log.lines()).toEqual(expected);
});

test('refuses a filter that it has not', () => {
  const log = { ...fileLog({}), filter: { traceable_filter: {} } };
  expect(() => createHttpRig({ manager: { access_log: [log] } })).toThrow('traceableFilter is not supported');
});
