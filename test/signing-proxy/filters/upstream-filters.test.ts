import { describe, expect, test } from 'vitest';
import { APP, get } from '../support/http-app.ts';
import { createProxyWorld, type ProxyWorld } from '../support/proxy-world.ts';
import { startRecordingApp, type RecordedRequest } from '../support/recording-app.ts';
import { filter, httpManager, listener, staticCluster } from '../support/resources.ts';

const FILTERS = 'envoy.extensions.filters.http';
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cat';
const CODEC = filter('envoy.filters.http.upstream_codec', `${FILTERS}.upstream_codec.v3.UpstreamCodec`, {});
const CORS = filter('envoy.filters.http.cors', `${FILTERS}.cors.v3.Cors`, {});
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

const lambda = (more: object = {}) =>
  filter('envoy.filters.http.aws_lambda', `${FILTERS}.aws_lambda.v3.Config`, { arn: ARN, ...more });
const signing = (more: object = {}) =>
  filter('envoy.filters.http.aws_request_signing', `${FILTERS}.aws_request_signing.v3.AwsRequestSigning`, {
    serviceName: 's3',
    region: 'us-east-1',
    ...more,
  });

interface Setup {
  readonly dialect?: string;
  readonly clusterFilters?: readonly object[];
  readonly routerFilters?: readonly object[];
  readonly cluster?: object;
  readonly moreClusters?: readonly object[];
  readonly route?: object;
  readonly routeMore?: object;
}

const RETRY = { retryOn: '5xx', numRetries: 1 };

function configure({ clusterFilters, routerFilters = [], cluster, moreClusters = [], route, routeMore }: Setup) {
  const options = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicitHttpConfig: { httpProtocolOptions: {} },
    ...(clusterFilters && { httpFilters: clusterFilters }),
  };
  const router = filter('envoy.filters.http.router', `${FILTERS}.router.v3.Router`, {
    upstreamHttpFilters: routerFilters,
  });
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'app', ...route }, ...routeMore }];
  return {
    clusters: [
      staticCluster('app', APP.host, APP.port, {
        typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
        ...cluster,
      }),
      ...moreClusters,
    ],
    listeners: [
      listener('http', 8080, {
        filterChains: [
          {
            filters: [
              httpManager({
                httpFilters: [router],
                routeConfig: { name: 'r', virtualHosts: [{ name: 'v', domains: ['*'], routes }] },
              }),
            ],
          },
        ],
      }),
    ],
  };
}

async function start(setup: Setup): Promise<ProxyWorld> {
  const world = await createProxyWorld(configure(setup));
  const proxy = await world.start({
    dialect: setup.dialect ?? 'envoy-1.40',
    environment: KEYS,
    admin: { host: '127.0.0.1', port: 15000 },
  });
  await proxy.ready;
  return world;
}

const signedHeadersOf = ({ headers }: RecordedRequest) =>
  /SignedHeaders=([^,]*)/.exec(headers.get('authorization')?.[0] ?? '')?.[1]?.split(';') ?? [];

const ADMIN = { zone: 'east/pod', host: '127.0.0.1' };

const statsOf = async (world: ProxyWorld, filterText: string) =>
  (await get(world.network, 15_000, { ...ADMIN, path: `/stats?filter=${filterText}` })).body;

describe('HTTP filters of a cluster', () => {
  test('sign what the router has made of a request', async () => {
    await using world = await start({
      clusterFilters: [signing(), CODEC],
      route: { prefixRewrite: '/new', hostRewriteLiteral: 'bucket.example' },
      routeMore: { requestHeadersToAdd: [{ header: { key: 'x-added', value: '1' } }] },
    });
    await using app = await startRecordingApp(world.network);
    expect(await get(world.network, 8080)).toMatchObject({ status: 200 });
    const [sent] = app.requests;
    expect(sent?.path).toBe('/new');
    expect(sent && signedHeadersOf(sent)).toEqual(expect.arrayContaining(['host', 'x-added', 'x-envoy-original-path']));
    expect(world.eventsOf('signed')[0]?.canonicalRequest).toContain('host:bucket.example\n');
  });

  test('sign each attempt anew, and replace the signature of the one before', async () => {
    await using world = await start({ clusterFilters: [signing(), CODEC], route: { retryPolicy: RETRY } });
    await using app = await startRecordingApp(world.network, [{ status: 503 }, {}]);
    expect(await get(world.network, 8080)).toMatchObject({ status: 200 });
    expect(app.requests.map(({ headers }) => headers.get('x-amz-date')?.length)).toEqual([1, 1]);
    expect(app.requests.map(({ headers }) => headers.get('authorization')?.[0]?.match(/AWS4/g)?.length)).toEqual([
      1, 1,
    ]);
  });

  test('add a second signature to the first where a release does not replace it', async () => {
    await using world = await start({
      dialect: 'envoy-1.30',
      clusterFilters: [signing(), CODEC],
      route: { retryPolicy: RETRY },
    });
    await using app = await startRecordingApp(world.network, [{ status: 503 }, {}]);
    await get(world.network, 8080);
    expect(app.requests.map(({ headers }) => headers.get('x-amz-date')?.length)).toEqual([1, 2]);
    expect(app.requests[1]?.headers.get('authorization')?.[0]?.match(/AWS4/g)).toHaveLength(2);
  });

  test('call a function whatever the metadata of the cluster, and unwrap its answer before a retry is decided', async () => {
    await using world = await start({ clusterFilters: [lambda(), CODEC], route: { retryPolicy: RETRY } });
    await using app = await startRecordingApp(world.network, [
      { body: '"no object"' },
      { body: '{"statusCode":201,"body":"made"}' },
    ]);
    expect(await get(world.network, 8080, { path: '/a?b=c' })).toEqual({ status: 201, body: 'made' });
    const [first, second] = app.requests;
    expect(first).toMatchObject({ method: 'POST', path: `/2015-03-31/functions/${ARN}/invocations` });
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ raw_path: '/a?b=c', method: 'GET' });
    // The headers of the first attempt are those that the second begins with, as in an Envoy.
    expect(JSON.parse(second?.body ?? '')).toMatchObject({ raw_path: first?.path, method: 'POST', body: '' });
    expect(await statsOf(world, 'server_error')).toBe('cluster.app.aws_lambda.server_error: 1\n');
  });

  test('count the payloads that they sign', async () => {
    await using world = await start({ clusterFilters: [lambda({ payloadPassthrough: true }), CODEC] });
    await using _ = await startRecordingApp(world.network);
    await get(world.network, 8080);
    for (const body of ['hello', 'x'.repeat(400)]) await get(world.network, 8080, { method: 'POST', body });
    await world.clock.sleep(5_000);
    const stat = 'cluster.app.aws_lambda.upstream_rq_payload_size';
    expect(await statsOf(world, 'payload_size')).toMatch(`${stat}: P0(5.05,5.05) `);
    const metrics = await get(world.network, 15_000, { ...ADMIN, path: '/stats/prometheus' });
    expect(metrics.body).toContain(
      'envoy_cluster_aws_lambda_upstream_rq_payload_size_count{envoy_cluster_name="app"} 2',
    );
  });

  test('take the settings of the route', async () => {
    await using world = await start({
      clusterFilters: [lambda({ payloadPassthrough: true }), CODEC],
      routeMore: {
        typedPerFilterConfig: {
          'envoy.filters.http.aws_lambda': {
            '@type': `type.googleapis.com/${FILTERS}.aws_lambda.v3.PerRouteConfig`,
            invokeConfig: { arn: `${ARN}:live`, payloadPassthrough: true },
          },
        },
      },
    });
    await using app = await startRecordingApp(world.network);
    await get(world.network, 8080);
    expect(app.requests[0]?.path).toBe(`/2015-03-31/functions/${ARN}:live/invocations`);
  });

  test('run before `auto_host_rewrite` where a connection has to be opened, and after it where one is open', async () => {
    const endpoints = [
      { endpoint: { address: { socketAddress: { address: 'bucket.example', portValue: APP.port } } } },
    ];
    const world = await createProxyWorld(
      configure({
        clusterFilters: [signing(), CODEC],
        route: { autoHostRewrite: true },
        cluster: {
          type: 'STRICT_DNS',
          loadAssignment: { clusterName: 'app', endpoints: [{ lbEndpoints: endpoints }] },
        },
      }),
    );
    await using _ = world;
    world.network.addName('east', 'bucket.example', [APP.host]);
    await (
      await world.start({ dialect: 'envoy-1.40', environment: KEYS })
    ).ready;
    await using app = await startRecordingApp(world.network);
    for (let call = 0; call < 2; call++) await get(world.network, 8080, { headers: { host: 'caller.example' } });
    expect(app.requests.map(({ headers }) => headers.get('host'))).toEqual([['bucket.example'], ['bucket.example']]);
    const hosts = world.eventsOf('signed').map(({ canonicalRequest }) => /^host:(.*)$/m.exec(canonicalRequest)?.[1]);
    expect(hosts).toEqual(['caller.example', 'bucket.example']);
  });

  test('sign copies for a mirror, whose original is not signed', async () => {
    await using world = await start({
      clusterFilters: [signing(), CODEC],
      moreClusters: [staticCluster('main', '10.42.0.11', 8080)],
      route: { cluster: 'main', requestMirrorPolicies: [{ cluster: 'app' }] },
    });
    await using main = await startRecordingApp(world.network, [{}], { address: { host: '10.42.0.11', port: 8080 } });
    await using mirror = await startRecordingApp(world.network);
    await get(world.network, 8080, { method: 'POST', body: 'hello' });
    await world.clock.sleep(1_000);
    const seen = [...main.requests, ...mirror.requests].map(({ headers, body }) => [
      headers.has('authorization'),
      body,
    ]);
    expect(seen).toEqual([
      [false, 'hello'],
      [true, 'hello'],
    ]);
    expect(world.eventsOf('signed')[0]?.canonicalRequest).toContain('-shadow');
  });

  test('answer a body above the limit with 413, once', async () => {
    await using world = await start({ clusterFilters: [signing(), CODEC] });
    await using app = await startRecordingApp(world.network);
    const { status, body } = await get(world.network, 8080, { method: 'POST', body: 'x'.repeat(1_100_000) });
    expect({ status, body }).toEqual({ status: 413, body: 'Payload Too Large' });
    expect(app.requests).toEqual([]);
  });

  test('win over those of the router, which serve clusters that have none', async () => {
    const routerFilters = [signing({ hostRewrite: 'router.example' }), CODEC];
    for (const [clusterFilters, host] of [
      [[signing({ hostRewrite: 'cluster.example' }), CODEC], 'cluster.example'],
      [undefined, 'router.example'],
    ] as const) {
      await using world = await start({ routerFilters, ...(clusterFilters && { clusterFilters }) });
      await using app = await startRecordingApp(world.network);
      await get(world.network, 8080);
      expect(app.requests[0]?.headers.get('host')).toEqual([host]);
    }
  });

  test.each([
    ['envoy-1.36', 'cluster.app.cluster.appaws_request_signing.', 'aws_request_signing.'],
    ['envoy-1.40', 'cluster.app.aws_request_signing.', 'http.httpaws_request_signing.'],
  ])('count under the names that %s gives them', async (dialect, inCluster, inRouter) => {
    const filters = [signing(), CODEC];
    for (const [setup, prefix] of [
      [{ clusterFilters: filters }, inCluster],
      [{ routerFilters: filters }, inRouter],
    ] as const) {
      await using world = await start({ dialect, ...setup });
      await using _ = await startRecordingApp(world.network);
      await get(world.network, 8080);
      expect((await statsOf(world, 'signing_(added|failed)')).split('\n')).toEqual([
        `${prefix}payload_signing_added: 0`,
        `${prefix}payload_signing_failed: 0`,
        `${prefix}signing_added: 1`,
        `${prefix}signing_failed: 0`,
        '',
      ]);
    }
  });
});

describe('a refused chain of HTTP filters of a cluster', () => {
  const UNKNOWN = (name: string, type: string) =>
    `Didn't find a registered implementation for '${name}' with type URL: '${FILTERS}.${type}'`;
  const MUST_END =
    "The codec filter is the only valid terminal upstream HTTP filter, use 'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec'";

  test.each<[what: string, setup: Setup, reason: string]>([
    ['does not end with the codec', { clusterFilters: [signing()] }, MUST_END],
    ['ends with another filter', { clusterFilters: [CODEC, signing()] }, MUST_END],
    [
      'has two codecs',
      { clusterFilters: [CODEC, CODEC] },
      'Error: terminal filter named envoy.filters.http.upstream_codec of type envoy.filters.http.upstream_codec must be the last filter in a upstream http filter chain.',
    ],
    [
      'disables the codec',
      { clusterFilters: [{ ...CODEC, disabled: true }] },
      'Error: the last (terminal) filter (envoy.filters.http.upstream_codec) in the chain cannot be disabled by default.',
    ],
    [
      'has a filter of connection managers',
      { clusterFilters: [CORS, CODEC] },
      UNKNOWN('envoy.filters.http.cors', 'cors.v3.Cors'),
    ],
    [
      'has a bad ARN',
      { clusterFilters: [lambda({ arn: 'arn:bad' }), CODEC] },
      'aws_lambda_filter: Invalid ARN: arn:bad',
    ],
    [
      'signs in a release that cannot',
      { dialect: 'envoy-1.29', clusterFilters: [signing(), CODEC] },
      UNKNOWN('envoy.filters.http.aws_request_signing', 'aws_request_signing.v3.AwsRequestSigning'),
    ],
    [
      'calls Lambda in a release that cannot',
      { dialect: 'envoy-1.29', clusterFilters: [lambda(), CODEC] },
      UNKNOWN('envoy.filters.http.aws_lambda', 'aws_lambda.v3.Config'),
    ],
    [
      'is a router’s and has no codec',
      { routerFilters: [signing()] },
      'Error: non-terminal filter named envoy.filters.http.aws_request_signing of type envoy.filters.http.aws_request_signing is the last filter in a router upstream http filter chain. When upstream_http_filters are specified, they must explicitly end with an UpstreamCodec filter.',
    ],
  ])('that %s is told by its reason', async (_, { dialect = 'envoy-1.40', ...setup }, reason) => {
    await using world = await createProxyWorld(configure(setup));
    (await world.start({ dialect, environment: KEYS })).ready.catch(() => {});
    await world.clock.sleep(1_000);
    expect(world.eventsOf('nack').map((event) => event.error)).toEqual([expect.stringContaining(reason)]);
  });

  test('leaves out what is optional', async () => {
    await using world = await start({ clusterFilters: [{ ...CORS, isOptional: true }, CODEC] });
    await using _ = await startRecordingApp(world.network);
    expect(await get(world.network, 8080)).toMatchObject({ status: 200 });
  });
});
