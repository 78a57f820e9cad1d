import type { Difference } from './observation.ts';

/** Why the answers of the two proxies may differ. */
export type DifferenceKind = 'release' | 'stricter' | 'platform' | 'not modelled';

export interface KnownDifference {
  readonly kind: DifferenceKind;
  readonly reason: string;
  /** `<suite>: <case>` */
  readonly cases: RegExp;
  /** Every line of Envoy's (`E `) or ours (`O `) that this explains. */
  readonly lines: RegExp;
}

/** Every difference that is known, with its reason. Anything else fails, and so does an entry that no longer occurs. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    kind: 'release',
    reason:
      'Envoy 1.40 matches the values of a repeated header one by one; from 1.15.1 (CVE-2020-25017) to 1.36 they are joined, and so they are here in every dialect.',
    cases: /^route matching: header given twice is joined$/,
    lines: /^[EO] answer 1/,
  },
  {
    kind: 'stricter',
    reason:
      "The signing proxy refuses line ends, folded headers and chunk sizes that Envoy still takes. These are smuggling forms: a refusal is safe, and no gateway's own traffic has them.",
    cases: /^malformed requests: (?:bare |folded header|chunk |transfer coding chunked twice)/,
    lines: /^[EO] (?:answer|connection|upstream)/,
  },
  {
    kind: 'stricter',
    reason: "The signing proxy's parser of answers refuses folded headers, which Envoy joins.",
    cases: /^hop-by-hop headers and framing: answer with a folded header$/,
    lines: /^[EO] answer 1/,
  },
  {
    kind: 'platform',
    reason:
      "Envoy ends the connection of an HTTP/2 request that has a header value with such a byte; Node's library leaves the header out and tells nobody.",
    cases: /^malformed requests: HTTP\/2: header value with a (?:line feed|zero byte)$/,
    lines: /^(?:[EO] connection|O upstream 1)/,
  },
  {
    kind: 'platform',
    reason:
      'Envoy has begun to pass the request on when it finds the body too short; the signing proxy finds it first when both come at once. The caller sees the same.',
    cases: /^malformed requests: HTTP\/2: length that does not fit the body$/,
    lines: /^E upstream 1/,
  },
  {
    kind: 'platform',
    reason:
      "Envoy reads headers without an end to their end and resets the stream; Node's library ends the connection after some frames.",
    cases: /^malformed requests: HTTP\/2: continuations without an end$/,
    lines: /^[EO] connection/,
  },
  {
    kind: 'platform',
    reason:
      'After an answer that ends the connection Envoy waits for the caller to close it, up to `delayed_close_timeout`; the signing proxy closes at once.',
    cases: /^sizes: a body over the limit(?:, in chunks)?$/,
    lines: /^[EO] connection /,
  },
  {
    kind: 'platform',
    reason: 'HTTP/1.0 requests are answered with an HTTP/1.1 status line; `default_host_for_http_10` is not modelled.',
    cases: /^connection manager: HTTP\/1\.0 (?:accepted|kept alive|without a host)$/,
    lines: /^[EO] (?:answer|upstream)/,
  },
  {
    kind: 'platform',
    reason:
      'Envoy closes after an answer of its own when it has not read the body yet; the signing proxy has read it and keeps the connection.',
    cases: /: (?:307|direct response to a body|no route, with a body)$/,
    lines: /^(?:E answer 1 connection: close|[EO] connection )/,
  },
  {
    kind: 'platform',
    reason:
      'An upstream that closes within a response head is a protocol error for Envoy and a termination for the signing proxy.',
    cases: /^hop-by-hop headers and framing: answer cut in its head$/,
    lines: /^[EO] answer 1/,
  },
  {
    kind: 'not modelled',
    reason: '`header_key_format` (level S of the checklist).',
    cases: /^connection manager: answer headers in proper case$/,
    lines: /^[EO] answer 1/,
  },
  {
    kind: 'not modelled',
    reason: '`allow_absolute_url: false`; absolute targets are always taken.',
    cases: /^connection manager: absolute target not allowed$/,
    lines: /^[EO] (?:answer|upstream)/,
  },
  {
    kind: 'not modelled',
    reason: 'A websocket offer is passed on without the `connection` and `upgrade` headers that ask for it.',
    cases: /^connection manager: websocket refused by the upstream$/,
    lines: /^[EO] (?:answer|connection|upstream)/,
  },
  {
    kind: 'not modelled',
    reason: 'A caller who forces a trace is told the request id.',
    cases: /^connection manager: envoy headers of an internal caller$/,
    lines: /^E answer 1 x-request-id: /,
  },
];

/** The entry that explains a difference, if there is one. */
export function explainDifference(caseName: string, { envoy, ours }: Difference): KnownDifference | undefined {
  const lines = [envoy === undefined ? [] : `E ${envoy}`, ours === undefined ? [] : `O ${ours}`].flat();
  return KNOWN_DIFFERENCES.find((known) => known.cases.test(caseName) && lines.every((line) => known.lines.test(line)));
}
