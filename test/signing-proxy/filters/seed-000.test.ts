import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventsOfType } from '#core/timeline.ts';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes, MESH_TLS, ROUTER } from '../support/http-rig.ts';
import { logTexts } from '../support/proxy-context.ts';

/** The user's log with the damage repaired that its publication did: wrapped lines, line-end blanks, escaped asterisks. */
const LOG = readFileSync(new URL('../../../fixtures/seed-000/envoy-log.txt', import.meta.url), 'utf8')
  .replace(/ +$/gm, '')
  .replace(
    /(?<=istio-syst)\n(?=em)|(?<=\bistio-system\/s)\n(?=a\/)|(?<=x-am)\n(?=z-date)|(?<=content-l)\n(?=ength)|(?<=d2c3c)\n(?=35a3)/g,
    '',
  )
  .replaceAll('_/_', '*/*')
  .replaceAll('**\\***', '*****');

const CANONICAL_REQUEST = between('Canonical request:\n', '\n2022-');
const STRING_TO_SIGN = between('String to sign:\n', '\n2022-');
const REQUEST_ID = '2f29c764-5cf8-4e3d-8d4c-cb32a9444386';

/** What the ingress gateway sent, in the order of the log. */
const RECEIVED = [
  'host',
  'r1.zspin.com:9080',
  'user-agent',
  'curl/7.69.1',
  'accept',
  '*/*',
  'x-forwarded-proto',
  'https',
  'x-request-id',
  REQUEST_ID,
];

/** The same in the order that protobuf gave the header map of the event, which is a matter of its hash function. */
const RECEIVED_IN_EVENT_ORDER = [
  'host',
  'r1.zspin.com:9080',
  'accept',
  '*/*',
  'user-agent',
  'curl/7.69.1',
  'x-forwarded-proto',
  'https',
  'x-forwarded-client-cert',
  'replaced',
  'x-request-id',
  REQUEST_ID,
];

function between(start: string, end: string): string {
  const from = LOG.indexOf(start) + start.length;
  return LOG.slice(from, LOG.indexOf(end, from));
}

test('the repaired log agrees with itself', () => {
  const hash = createHash('sha256').update(CANONICAL_REQUEST).digest('hex');
  expect(STRING_TO_SIGN.split('\n').at(-1)).toBe(hash);
});

async function replay(headers: readonly string[] = RECEIVED) {
  const cluster = createScriptedCluster(
    'lambda_egress_gateway',
    () => ({ headers: { 'content-type': 'application/json' }, body: '{"body":"meow"}' }),
    {
      'com.amazonaws.lambda': { egress_gateway: true },
    },
  );
  const rig = createHttpRig({
    start: Date.UTC(2022, 7, 1, 22, 27, 36, 861),
    logLevels: 'debug',
    credentials: { accessKeyId: 'AKIAIB7J2AOEOY2YM7OA', secretAccessKey: 'not-the-real-one' },
    clusters: [cluster],
    downstream: { tls: MESH_TLS },
    manager: {
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { subject: true, uri: true, dns: true },
      normalize_path: true,
      stream_idle_timeout: '0s',
      tracing: { random_sampling: { value: 0 } },
      route_config: inlineRoutes({
        match: { prefix: '/cat' },
        route: { cluster: 'lambda_egress_gateway' },
        typed_per_filter_config: {
          'envoy.filters.http.aws_lambda': {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig',
            invoke_config: { arn: 'arn:aws:lambda:us-east-1:123456789012:function:hello-world-cat' },
          },
        },
      }),
      http_filters: [
        {
          name: 'envoy.filters.http.aws_lambda',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.Config',
            arn: 'arn:aws:lambda:us-east-1:123456789012:function:hello-world-cat',
          },
        },
        ROUTER,
      ],
    },
  });
  const answered = await rig.call({ path: '/cat', headers });
  const [sent] = cluster.sent;
  if (sent === undefined) throw new Error('nothing was sent upstream');
  return { rig, answered, sent };
}

test('signs the very request that seed 000 logs, byte for byte', async () => {
  const { rig, sent } = await replay(RECEIVED_IN_EVENT_ORDER);
  const [signed] = eventsOfType(rig.context.timeline.events(), 'signed');
  rig[Symbol.dispose]();
  expect(signed?.canonicalRequest).toBe(CANONICAL_REQUEST);
  expect(signed?.stringToSign).toBe(STRING_TO_SIGN);
  expect(createHash('sha256').update(sent.body).digest('hex')).toBe(
    '7aefa745ba2b6b2e0c1294190bc3379ecebec116539ce9e11ed9c1bd4c081798',
  );
  expect(sent.headers.get('authorization')).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIB7J2AOEOY2YM7OA\/20220801\/us-east-1\/lambda\/aws4_request, SignedHeaders=accept;content-length;content-type;host;user-agent;x-amz-content-sha256;x-amz-date;x-amz-invocation-type;x-forwarded-client-cert;x-request-id, Signature=[0-9a-f]{64}$/,
  );
});

test('sends the headers that the router of seed 000 logs, in its order', async () => {
  const { rig, sent } = await replay();
  rig[Symbol.dispose]();
  expect([...sent.headers.entries()].map(([name]) => name)).toEqual([
    ':authority',
    ':path',
    ':method',
    ':scheme',
    'user-agent',
    'accept',
    'x-forwarded-proto',
    'x-request-id',
    'x-forwarded-client-cert',
    'x-amz-invocation-type',
    'content-length',
    'content-type',
    'x-amz-content-sha256',
    'x-amz-date',
    'authorization',
    'x-envoy-expected-rq-timeout-ms',
    'x-b3-traceid',
    'x-b3-spanid',
    'x-b3-sampled',
  ]);
  expect(sent.headers.get(':path')).toBe('/2015-03-31/functions/hello-world-cat/invocations');
  expect(sent.headers.get('x-amz-date')).toBe('20220801T222700Z');
  expect(sent.headers.get('x-envoy-expected-rq-timeout-ms')).toBe('15000');
  expect(sent.headers.get('x-b3-traceid')?.endsWith(sent.headers.get('x-b3-spanid') ?? '-')).toBe(true);
  expect(sent.headers.get('x-b3-sampled')).toBe('0');
});

test('answers with the body that the function gave', async () => {
  const { rig, answered } = await replay();
  rig[Symbol.dispose]();
  expect(answered).toMatchObject({ status: 200, body: 'meow' });
  expect(answered.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': '4',
    server: 'envoy',
  });
});

test('writes the log lines of seed 000', async () => {
  const { rig, sent } = await replay();
  const authorization = sent.headers.get('authorization') ?? '';
  const http = logTexts(rig.context, 'http');
  const router = logTexts(rig.context, 'router');
  rig[Symbol.dispose]();
  expect(http.map((text) => text.split('\n')[0]?.replace(/\[s\d+\]/, '[s]'))).toEqual([
    '[C1][s] request headers complete (end_stream=true):',
    '[C1][s] request end stream',
    'Canonical request:',
    'String to sign:',
    `Signing request with: ${authorization}`,
    '[C1][s] encoding headers via codec (end_stream=false):',
  ]);
  expect(router.map((text) => text.split('\n')[0]?.replace(/\[s\d+\]/, '[s]'))).toEqual([
    "[C1][s] cluster 'lambda_egress_gateway' match for URL '/2015-03-31/functions/hello-world-cat/invocations'",
    '[C1][s] router decoding headers:',
    '[C1][s] upstream headers complete: end_stream=false',
  ]);
});
