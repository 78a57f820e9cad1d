import { describe, expect, test } from 'vitest';
import { APP } from '../support/http-app.ts';
import { createProxyWorld, POD_IP } from '../support/proxy-world.ts';
import { postHttp2, startRecordingApp } from '../support/recording-app.ts';
import { filter, httpManager, listener, staticCluster } from '../support/resources.ts';

const FILTERS = 'envoy.extensions.filters.http';
const ROUTER = filter('envoy.filters.http.router', `${FILTERS}.router.v3.Router`, {});
const LAMBDA = filter('envoy.filters.http.aws_lambda', `${FILTERS}.aws_lambda.v3.Config`, {
  arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
});
const SIGNING = filter(
  'envoy.filters.http.aws_request_signing',
  `${FILTERS}.aws_request_signing.v3.AwsRequestSigning`,
  { serviceName: 's3', region: 'us-east-1' },
);

interface Setup {
  readonly filters?: readonly object[];
  readonly manager?: object;
  readonly protocol?: 'http1' | 'http2';
  readonly dialect?: string;
}

async function start({ filters = [], manager, protocol = 'http2', dialect = 'envoy-1.36' }: Setup = {}) {
  const explicit = protocol === 'http2' ? { http2ProtocolOptions: {} } : { httpProtocolOptions: {} };
  const world = await createProxyWorld({
    clusters: [
      staticCluster('app', APP.host, APP.port, {
        metadata: { filterMetadata: { 'com.amazonaws.lambda': { egress_gateway: true } } },
        typedExtensionProtocolOptions: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicitHttpConfig: explicit,
          },
        },
      }),
    ],
    listeners: [
      listener('http', 8080, {
        filterChains: [
          {
            filters: [
              httpManager({
                httpFilters: [...filters, ROUTER],
                routeConfig: {
                  virtualHosts: [
                    { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'app' } }] },
                  ],
                },
                ...manager,
              }),
            ],
          },
        ],
      }),
    ],
  });
  const environment = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
  await (
    await world.start({ dialect, environment })
  ).ready;
  const app = await startRecordingApp(world.network, [{ body: '{"statusCode":201,"body":"made"}' }], { protocol });
  return {
    world,
    app,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

const TRAILED = { body: 'hello', trailers: { 'x-checksum': 'abc' } };

describe('trailers of a request', () => {
  test('go from HTTP/2 to HTTP/2', async () => {
    await using rig = await start();
    await postHttp2(rig.world.network, 8080, TRAILED);
    await postHttp2(rig.world.network, 8080, { body: 'plain' });
    expect(rig.app.requests).toMatchObject([
      { body: 'hello', trailers: { 'x-checksum': 'abc' } },
      { body: 'plain', trailers: {} },
    ]);
  });

  test('are dropped on the way to HTTP/1', async () => {
    await using rig = await start({ protocol: 'http1' });
    await postHttp2(rig.world.network, 8080, TRAILED);
    expect(rig.app.requests).toMatchObject([{ body: 'hello', trailers: {} }]);
  });

  test.each([
    ['unless the listener wants them', {}, {}],
    ['where it does', { httpProtocolOptions: { enableTrailers: true } }, { 'x-checksum': 'abc' }],
  ])('are dropped from HTTP/1, %s', async (_, manager, trailers) => {
    await using rig = await start({ manager });
    const connection = await rig.world.network.connect('east', { host: POD_IP, port: 8080 });
    connection.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    await rig.world.clock.sleep(1);
    connection.write('5\r\nhello\r\n0\r\nx-checksum: abc\r\n\r\n');
    await new Promise((resolve) => connection.once('data', resolve));
    expect(rig.app.requests).toMatchObject([{ body: 'hello', trailers }]);
    connection.destroy();
  });
});

describe('a request that ends in trailers', () => {
  test.each(['envoy-1.19', 'envoy-1.30', 'envoy-1.40'])(
    'is no Lambda call for %s, but its answer is unwrapped',
    async (dialect) => {
      await using rig = await start({ filters: [LAMBDA], dialect });
      expect(await postHttp2(rig.world.network, 8080, TRAILED)).toEqual({ status: 201, body: 'made' });
      expect(rig.app.requests).toMatchObject([{ method: 'POST', path: '/a', body: 'hello' }]);
      expect(rig.app.requests[0]?.headers.has('authorization')).toBe(false);
      expect(rig.app.requests[0]?.headers.has('x-amz-invocation-type')).toBe(false);
    },
  );

  test('is left unsigned', async () => {
    await using rig = await start({ filters: [SIGNING] });
    await postHttp2(rig.world.network, 8080, TRAILED);
    await postHttp2(rig.world.network, 8080, { body: 'plain' });
    const names = rig.app.requests.map(({ headers }) => [headers.has('x-amz-date'), headers.has('authorization')]);
    expect(names).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  test('is signed without its payload where the filter is told to', async () => {
    const unsigned = filter(
      'envoy.filters.http.aws_request_signing',
      `${FILTERS}.aws_request_signing.v3.AwsRequestSigning`,
      {
        serviceName: 's3',
        region: 'us-east-1',
        useUnsignedPayload: true,
      },
    );
    await using rig = await start({ filters: [unsigned] });
    await postHttp2(rig.world.network, 8080, TRAILED);
    expect(rig.app.requests[0]?.headers.has('authorization')).toBe(true);
  });
});
