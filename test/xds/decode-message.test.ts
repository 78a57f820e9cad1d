import { equals, fromBinary, toBinary, type DescMessage, type Message } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageOf } from '#core/errors.ts';
import { decodeMessage } from '#xds/decode-message.ts';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  ListenerSchema,
  PermissionSchema,
  RouteActionSchema,
  RouteConfigurationSchema,
  RouteMatchSchema,
  RouteSchema,
} from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

const LAMBDA = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig',
  invoke_config: { arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat', payload_passthrough: true },
};

const ROUTES = [
  {
    name: 'größer',
    match: {
      prefix: '/cat',
      case_sensitive: false,
      headers: [
        { name: ':method', string_match: { exact: 'GET' } },
        { name: 'x-size', range_match: { start: -5, end: '99' } },
      ],
      runtime_fraction: { default_value: { numerator: 7, denominator: 'MILLION' } },
    },
    route: {
      cluster: 'cat',
      timeout: '0s',
      retry_policy: { retry_on: '5xx', num_retries: 0, retriable_status_codes: [503, 429], per_try_timeout: '0.25s' },
      auto_host_rewrite: true,
    },
    metadata: { filter_metadata: { istio: { config: '/apis/x', nested: { list: [1, null, true] } }, empty: {} } },
    request_headers_to_add: [
      { header: { key: 'x-a', value: '1' } },
      { header: { key: 'x-a', value: '2' }, append: false },
    ],
    request_headers_to_remove: ['x-b', 'x-c'],
    typed_per_filter_config: { 'envoy.filters.http.aws_lambda': LAMBDA },
  },
  { match: { safe_regex: { regex: '/d.*' } }, redirect: { host_redirect: 'example.com', https_redirect: true } },
  {
    match: { path: '/' },
    route: {
      weighted_clusters: {
        clusters: [
          { name: 'a', weight: 0 },
          { name: 'b', weight: 4_000_000_000 },
        ],
      },
    },
  },
];

const MESSAGES: readonly [DescMessage, object][] = [
  [RouteSchema, {}],
  [
    RouteConfigurationSchema,
    {
      name: 'http',
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: ROUTES }],
      ignore_port_in_host_matching: true,
    },
  ],
  [
    ClusterSchema,
    {
      name: 'cat',
      type: 'LOGICAL_DNS',
      connect_timeout: '10s',
      common_lb_config: { healthy_panic_threshold: { value: 12.5 } },
      max_requests_per_connection: 7,
      circuit_breakers: { thresholds: [{ max_connections: 3, retry_budget: {} }] },
      transport_socket: { name: 'tls', typed_config: LAMBDA },
    },
  ],
  [
    ClusterLoadAssignmentSchema,
    {
      cluster_name: 'cat',
      endpoints: [
        {
          locality: { region: 'r' },
          lb_endpoints: [{ endpoint: { address: { pipe: { path: '/p' } } }, load_balancing_weight: 2 }],
        },
        { priority: 1 },
      ],
    },
  ],
  [
    ListenerSchema,
    {
      name: 'in',
      address: { socket_address: { address: '::', port_value: 8080 } },
      default_filter_chain: { filters: [{ name: 'x', typed_config: LAMBDA }] },
    },
  ],
];

test.each(MESSAGES)('a message decodes to what the library decodes: %s', (schema, json) => {
  const bytes = encode(schema, json);
  const decoded = decodeMessage(schema, bytes);
  expect(equals(schema, decoded, fromBinary(schema, bytes))).toBe(true);
  expect(toBinary(schema, decoded)).toEqual(bytes);
});

test.each<[string, DescMessage, Uint8Array]>([
  ['a field that is unknown', RouteSchema, join(encode(RouteSchema, { name: 'a' }), Uint8Array.of(0xf8, 0x7f, 1))],
  [
    'a message that comes in two parts',
    RouteSchema,
    join(encode(RouteSchema, { match: { prefix: '/' } }), encode(RouteSchema, { match: { case_sensitive: false } })),
  ],
  [
    'a choice that is made twice',
    RouteActionSchema,
    join(encode(RouteActionSchema, { cluster: 'a' }), encode(RouteActionSchema, { cluster_header: 'b' })),
  ],
  [
    'a wrapped value that comes twice',
    RouteMatchSchema,
    join(encode(RouteMatchSchema, { case_sensitive: true }), Uint8Array.of(0x22, 0)),
  ],
  ['an entry without a value', RouteSchema, join(Uint8Array.of(0x6a, 3, 0x0a, 1, 0x61))],
  [
    'an entry of that name',
    RouteSchema,
    encode(RouteSchema, JSON.parse(`{"typed_per_filter_config":{"__proto__":${JSON.stringify(LAMBDA)}}}`)),
  ],
])('%s is read as the library reads it', (_, schema, bytes) => {
  expect(equals(schema, decodeMessage(schema, bytes), fromBinary(schema, bytes))).toBe(true);
});

test('numbers that are not packed are read, and joined with those that are', () => {
  const policy = Uint8Array.of(0x38, 0xf7, 0x03, 0x3a, 2, 0xf4, 0x03, 0x38, 0xac, 0x03);
  const action = decodeMessage(RouteActionSchema, join(Uint8Array.of(0x4a, policy.length), policy));
  expect(action.retryPolicy?.retriableStatusCodes).toEqual([503, 500, 428]);
});

test.each<[string, Uint8Array]>([
  ['bytes that end early', encode(RouteConfigurationSchema, MESSAGES[1]?.[1] ?? {}).slice(0, -3)],
  ['a text that is no UTF-8', Uint8Array.of(0x0a, 2, 0xc3, 0x28)],
  ['a part that is longer than the whole', Uint8Array.of(0x0a, 100, 0x61)],
])('%s are refused in the words of the library', (_, bytes) => {
  expect(tryToDecode(decodeMessage, RouteConfigurationSchema, bytes)).toEqual(
    tryToDecode(fromBinary, RouteConfigurationSchema, bytes),
  );
});

test.each([98, 99, 100, 101, 5000])(
  '%d messages inside of each other are accepted or refused as by the library',
  (depth) => {
    let bytes = Uint8Array.of(0x18, 1);
    for (let level = 0; level < depth; level++) bytes = join(Uint8Array.of(0x42, ...toVarint(bytes.length)), bytes);
    expect(tryToDecode(decodeMessage, PermissionSchema, bytes)).toEqual(
      tryToDecode(fromBinary, PermissionSchema, bytes),
    );
  },
);

test('parts that are the same are one object, and what is empty cannot be filled', () => {
  const routes = [1, 2, 3].map((number) => ({
    name: `r${number}`,
    match: { prefix: `/${number}` },
    route: { cluster: 'a', timeout: '1s' },
  }));
  const bytes = encode(RouteConfigurationSchema, { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] });
  const [first, second, third] = decodeMessage(RouteConfigurationSchema, bytes).virtualHosts[0]?.routes ?? [];
  expect(first?.action.value).toBe(second?.action.value);
  expect(second?.action.value).toBe(third?.action.value);
  expect(first?.match).not.toBe(second?.match);
  expect(() => first?.requestHeadersToRemove.push('x')).toThrow(TypeError);
});

test('whatever becomes of its bytes, a message is read or refused as by the library', () => {
  const originals = MESSAGES.map(([schema, json]) => [schema, encode(schema, json)] as const);
  const change = fc.record({ at: fc.nat(2000), byte: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'remove') });
  fc.assert(
    fc.property(
      fc.constantFrom(...originals),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      ([schema, bytes], changes) => {
        const broken = Array.from(bytes);
        for (const { at, byte, kind } of changes)
          broken.splice(at % (broken.length + 1), kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
        const read = tryToDecode(decodeMessage, schema, Uint8Array.from(broken));
        expect(read).toEqual(tryToDecode(fromBinary, schema, Uint8Array.from(broken)));
      },
    ),
    { numRuns: 3000 },
  );
});

/** The message as the library writes it, or why there is none. */
function tryToDecode(
  decode: (schema: DescMessage, bytes: Uint8Array) => Message,
  schema: DescMessage,
  bytes: Uint8Array,
): unknown {
  try {
    return Buffer.from(toBinary(schema, decode(schema, bytes))).toString('hex');
  } catch (error) {
    return messageOf(error);
  }
}

function encode(schema: DescMessage, json: object): Uint8Array {
  return toBinary(schema, fromProtoJson(schema, json));
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

function toVarint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...toVarint(value >>> 7)];
}
