import type { Instant } from '#core/clock.ts';
import { ConfigError } from '../config-error.ts';
import type { HeaderMap } from '../http/header-map.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import { formatTimestamp } from './timestamp-format.ts';

/** The facts of a request that a configured text may name. */
export interface SubstitutionInput {
  readonly headers: HeaderMap;
  readonly responseHeaders?: HeaderMap | undefined;
  readonly downstream: DownstreamInfo;
  /** The caller's address after `x-forwarded-for` was considered. */
  readonly remoteAddress: string;
  readonly startedAt: Instant;
  readonly protocol: '1.0' | '1.1' | '2';
  readonly clusterName?: string | undefined;
  readonly routeName?: string | undefined;
  /** How the request ended, once it has. */
  readonly outcome?: RequestOutcome | undefined;
  /** What the proxy answers itself, before a format makes something else of it. */
  readonly localReplyBody?: string | undefined;
}

/** What only an access log can tell. */
export interface RequestOutcome {
  /** 0 when the caller left without an answer. */
  readonly status: number;
  /** `UF,URX`, or `-`. */
  readonly flags: string;
  readonly details: string | undefined;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  readonly upstreamHost: string | undefined;
  readonly transportFailure: string | undefined;
}

/** Writes the text for one request. A fact that is missing becomes nothing. */
export type SubstitutionFormat = (input: SubstitutionInput) => string;

/**
 * Compiles a text with `%COMMAND(argument):length%` in it, as header values and access logs have them.
 *
 * @param options.missing what stands for a fact that is missing: nothing in headers, `-` in access logs
 * @throws ConfigError for a command that is unknown or does not end
 */
export function compileSubstitutionFormat(
  text: string,
  options: { readonly missing?: string } = {},
): SubstitutionFormat {
  if (!text.includes('%')) return () => text;
  const parts: SubstitutionFormat[] = [];
  let rest = text;
  while (rest !== '') {
    const plain = /^(?:[^%]|%%)+/.exec(rest)?.[0];
    if (plain !== undefined) {
      const literal = plain.replaceAll('%%', '%');
      parts.push(() => literal);
      rest = rest.slice(plain.length);
      continue;
    }
    const command = /^%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%/.exec(rest);
    if (command === null)
      throw new ConfigError(`Invalid header configuration. Un-terminated variable expression '${rest.slice(1)}'`);
    parts.push(compileCommand(command, options.missing ?? ''));
    rest = rest.slice(command[0].length);
  }
  return (input) => parts.map((part) => part(input)).join('');
}

function compileCommand([, name = '', argument = '', length]: RegExpExecArray, missing: string): SubstitutionFormat {
  const command = COMMANDS[name];
  if (command === undefined) throw new ConfigError(`Not supported field in StreamInfo: ${name}`);
  const read = command(argument);
  if (length === undefined) return (input) => read(input) ?? missing;
  const limit = Number(length);
  return (input) => (read(input) ?? missing).slice(0, limit);
}

type Command = (argument: string) => (input: SubstitutionInput) => string | undefined;

const PROTOCOLS = { '1.0': 'HTTP/1.0', '1.1': 'HTTP/1.1', '2': 'HTTP/2' } as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  REQ: readHeader((input) => input.headers),
  RESP: readHeader((input) => input.responseHeaders),
  START_TIME: (format) => (input) => formatTimestamp(input.startedAt, format),
  PROTOCOL: () => (input) => PROTOCOLS[input.protocol],
  // Nothing has been answered yet when a request's headers are written.
  RESPONSE_CODE: () => (input) => String(input.outcome?.status ?? input.responseHeaders?.get(':status') ?? 0),
  LOCAL_REPLY_BODY: () => (input) => input.localReplyBody ?? '',
  UPSTREAM_CLUSTER: () => (input) => input.clusterName,
  UPSTREAM_CLUSTER_RAW: () => (input) => input.clusterName,
  ROUTE_NAME: () => (input) => (input.routeName === '' ? undefined : input.routeName),
  RESPONSE_FLAGS: () => (input) => input.outcome?.flags,
  // Envoy writes no spaces here.
  RESPONSE_CODE_DETAILS: () => (input) => input.outcome?.details?.replaceAll(' ', '_'),
  // Only network filters set it, and they have ended by then.
  CONNECTION_TERMINATION_DETAILS: () => () => undefined,
  UPSTREAM_TRANSPORT_FAILURE_REASON: () => (input) => input.outcome?.transportFailure?.replaceAll(' ', '_'),
  BYTES_RECEIVED: () => (input) => input.outcome && String(input.outcome.bytesReceived),
  BYTES_SENT: () => (input) => input.outcome && String(input.outcome.bytesSent),
  DURATION: () => (input) => input.outcome && String(Math.floor(input.outcome.durationMs)),
  UPSTREAM_HOST: () => (input) => input.outcome?.upstreamHost,
  // The network does not tell which port a connection of its own has.
  UPSTREAM_LOCAL_ADDRESS: () => () => undefined,
  REQUESTED_SERVER_NAME: () => (input) => input.downstream.tls?.sni,
  DOWNSTREAM_REMOTE_ADDRESS: () => formatRemoteAddress,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: () => (input) => input.remoteAddress,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS:
    () =>
    ({ downstream }) =>
      joinAddress(downstream.remoteAddress, downstream.remotePort),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ downstream }) =>
      downstream.remoteAddress,
  DOWNSTREAM_LOCAL_ADDRESS:
    () =>
    ({ downstream }) =>
      joinAddress(downstream.localAddress, downstream.localPort),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT:
    () =>
    ({ downstream }) =>
      downstream.localAddress,
  DOWNSTREAM_LOCAL_PORT:
    () =>
    ({ downstream }) =>
      String(downstream.localPort),
  DOWNSTREAM_PEER_URI_SAN:
    () =>
    ({ downstream }) =>
      downstream.tls?.peer?.uriSans.join(','),
  DOWNSTREAM_LOCAL_URI_SAN:
    () =>
    ({ downstream }) =>
      downstream.tls?.localUriSans.join(','),
  DOWNSTREAM_PEER_SUBJECT:
    () =>
    ({ downstream }) =>
      downstream.tls?.peer?.subject,
  DOWNSTREAM_PEER_FINGERPRINT_256:
    () =>
    ({ downstream }) =>
      downstream.tls?.peer?.hash,
};

/** `%REQ(first?second)%`: the second header stands in when the first is missing. */
function readHeader(headersOf: (input: SubstitutionInput) => HeaderMap | undefined): Command {
  return (argument) => {
    const names = argument.toLowerCase().split('?');
    return (input) => {
      const headers = headersOf(input);
      const name = names.find((candidate) => headers?.has(candidate) === true);
      return name === undefined ? undefined : headers?.get(name);
    };
  };
}

/** An address taken from `x-forwarded-for` has no port, which Envoy shows as 0. */
function formatRemoteAddress({ downstream, remoteAddress }: SubstitutionInput): string {
  return joinAddress(remoteAddress, remoteAddress === downstream.remoteAddress ? downstream.remotePort : 0);
}

function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
