/** How a header is kept. */
interface HeaderName {
  /** In lower case. */
  readonly name: string;
  /** Sent twice, it becomes one header with a comma. */
  readonly isJoined: boolean;
}

/** Envoy keeps each of these in a field of its own, not in the list. */
const JOINED = [
  'accept',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-type',
  'expect',
  'grpc-accept-encoding',
  'grpc-timeout',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'pragma',
  'referer',
  'te',
  'upgrade',
  'user-agent',
  'via',
  'x-client-trace-id',
  'x-envoy-attempt-count',
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-external-address',
  'x-envoy-original-path',
  'x-forwarded-client-cert',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-request-id',
];

/** Others that nearly every message has. */
const FREQUENT = [
  'accept-language',
  'age',
  'content-length',
  'cookie',
  'date',
  'etag',
  'expires',
  'keep-alive',
  'last-modified',
  'server',
  'set-cookie',
  'transfer-encoding',
  'vary',
  'x-amz-executed-version',
  'x-amz-function-error',
  'x-amz-invocation-type',
  'x-amzn-remapped-content-length',
  'x-amzn-requestid',
  'x-amzn-trace-id',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-envoy-upstream-service-time',
];

/** By the spellings that are in use: `content-type` and `Content-Type`. */
const KNOWN = new Map(
  [...JOINED.map((name) => ({ name, isJoined: true })), ...FREQUENT.map((name) => ({ name, isJoined: false }))].flatMap(
    (known) => [known.name, capitalize(known.name)].map((spelling) => [spelling, known] as const),
  ),
);

const JOINED_NAMES = new Set(JOINED);

/**
 * Reads the name of a header off the wire. For one that is well known it is always the same string, which is compared with others
 * by its address.
 */
export function findHeaderName(spelled: string): HeaderName {
  const known = KNOWN.get(spelled);
  if (known !== undefined) return known;
  const name = spelled.toLowerCase();
  return { name, isJoined: JOINED_NAMES.has(name) };
}

function capitalize(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
