import type { RouteAction_HashPolicy, RouteAction_HashPolicy_Cookie } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { hashXx64 } from '../upstreams/balancing/xx-hash.ts';
import { toMilliseconds } from './duration-ms.ts';
import { parseQueryParameters } from './query-matcher.ts';
import { compileSearch, translateSubstitution } from './regex.ts';

/** What a hash is made of. */
export interface HashInput {
  readonly headers: HeaderMap;
  /** The caller's address. */
  readonly remoteAddress: string;
  /** Of the connection, `address:port` each. */
  readonly remoteEnd: string;
  readonly localEnd: string;
  /** Told the `set-cookie` value by which the caller will be known from now on. */
  readonly setCookie: (value: string) => void;
}

/** The hash of a request; undefined where nothing that it is made of is there. */
export type RequestHash = (input: HashInput) => bigint | undefined;

type HashPart = (input: HashInput) => bigint | undefined;

/**
 * Compiles the hash policies of a route, which are joined in their order (envoyproxy/envoy `source/common/http/hash_policy.cc`).
 *
 * @throws ConfigError for something that cannot be hashed here
 */
export function compileHashPolicies(policies: readonly RouteAction_HashPolicy[]): RequestHash | undefined {
  if (policies.length === 0) return undefined;
  const parts = policies.map((policy) => ({ find: compilePart(policy), isTerminal: policy.terminal }));
  return (input) => {
    let hash: bigint | undefined;
    for (const { find, isTerminal } of parts) {
      const found = find(input);
      if (found !== undefined) hash = hash === undefined ? found : rotateOnce(hash) ^ found;
      if (isTerminal && hash !== undefined) break;
    }
    return hash;
  };
}

function compilePart({ policySpecifier: specifier }: RouteAction_HashPolicy): HashPart {
  switch (specifier.case) {
    case 'header': {
      const name = specifier.value.headerName.toLowerCase();
      const rewrite = specifier.value.regexRewrite;
      const regex = rewrite && compileSearch(rewrite.pattern);
      const substitution = translateSubstitution(rewrite?.substitution ?? '');
      const change = (value: string): string => (regex === undefined ? value : value.replace(regex, substitution));
      return ({ headers }) => hashAll(headers.getAll(name).map(change));
    }
    case 'cookie':
      return compileCookie(specifier.value);
    case 'connectionProperties':
      return specifier.value.sourceIp ? ({ remoteAddress }) => hashXx64(remoteAddress) : () => undefined;
    case 'queryParameter': {
      const { name } = specifier.value;
      return ({ headers }) => hashText(parseQueryParameters(headers.get(':path') ?? '').get(name));
    }
    case 'filterState':
    case undefined:
      throw new ConfigError(`RouteAction: hash_policy ${specifier.case ?? 'without a specifier'} is not supported`);
  }
}

/** A caller without the cookie gets one, where it has a lifetime: the same for everything on its connection. */
function compileCookie({ name, ttl, path, attributes }: RouteAction_HashPolicy_Cookie): HashPart {
  const ttlMs = toMilliseconds(ttl);
  const suffix = [
    ...(ttlMs === undefined || ttlMs < 1000 ? [] : [`Max-Age=${Math.floor(ttlMs / 1000)}`]),
    ...(path === '' ? [] : [`Path=${path}`]),
    ...attributes.map(({ name: key, value }) => (value === '' ? key : `${key}=${value}`)),
    'HttpOnly',
  ].join('; ');
  return ({ headers, remoteEnd, localEnd, setCookie }) => {
    const known = findCookie(headers, name);
    if (known !== undefined) return hashText(known);
    if (ttlMs === undefined) return undefined;
    const value = hashXx64(remoteEnd + localEnd)
      .toString(16)
      .padStart(16, '0');
    setCookie(`${name}="${value}"; ${suffix}`);
    return hashXx64(value);
  };
}

function findCookie(headers: HeaderMap, name: string): string | undefined {
  for (const header of headers.getAll('cookie')) {
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
  }
  return undefined;
}

/** Several values count in whatever order they come; each is hashed on from the hash before. */
function hashAll(values: readonly string[]): bigint | undefined {
  const [only, ...others] = values.toSorted();
  if (only === undefined) return undefined;
  if (others.length === 0) return hashXx64(only);
  return values.toSorted().reduce((seed, value) => hashXx64(value, seed), 0n);
}

function hashText(text: string | undefined): bigint | undefined {
  return text === undefined || text === '' ? undefined : hashXx64(text);
}

function rotateOnce(hash: bigint): bigint {
  return BigInt.asUintN(64, hash << 1n) | (hash >> 63n);
}
