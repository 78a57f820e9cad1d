import {
  FilterChainMatch_ConnectionSourceType as SourceType,
  type CidrRange,
  type FilterChainMatch,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { isLoopback, parsePrefixBits, prefixesOf } from './ip-prefix.ts';

/** What is known about a connection when its filter chain is chosen. */
export interface ConnectionFacts {
  readonly destinationAddress: string;
  readonly destinationPort: number;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** SNI in lower case; empty without TLS or without the extension. */
  readonly serverName: string;
  readonly transportProtocol: 'tls' | 'raw_buffer';
  /** From ALPN in the client's order, or what the HTTP inspector found. */
  readonly applicationProtocols: readonly string[];
}

/** Finds the chain of a connection; undefined when none fits. */
export type FilterChainMatcher<Chain> = (facts: ConnectionFacts) => Chain | undefined;

/** One rule of a match: the keys a chain is filed under, and those a connection looks for, most specific first. */
interface Criterion {
  readonly keysOf: (match: FilterChainMatch) => readonly string[];
  readonly candidatesOf: (facts: ConnectionFacts) => readonly string[];
}

type Node<Chain> = Map<string, Node<Chain>> | { readonly chain: Chain };

/** Filed under this when a chain does not care. */
const ANY = '';

/**
 * Envoy's order (xds.md 4.2; envoy listener_components.proto). At each level the most specific key that exists is taken
 * and never reconsidered: a connection whose port has a chain of its own does not fall back to a chain without port.
 */
const CRITERIA: readonly Criterion[] = [
  {
    keysOf: (match) => (match.destinationPort === undefined ? [] : [String(match.destinationPort)]),
    candidatesOf: (facts) => [String(facts.destinationPort)],
  },
  { keysOf: (match) => prefixKeys(match.prefixRanges), candidatesOf: (facts) => prefixesOf(facts.destinationAddress) },
  {
    keysOf: (match) => match.serverNames.map(serverNameKey),
    candidatesOf: (facts) => serverNameCandidates(facts.serverName),
  },
  {
    keysOf: (match) => (match.transportProtocol === '' ? [] : [match.transportProtocol]),
    candidatesOf: (facts) => [facts.transportProtocol],
  },
  { keysOf: (match) => match.applicationProtocols, candidatesOf: (facts) => facts.applicationProtocols },
  {
    keysOf: (match) => prefixKeys(match.directSourcePrefixRanges),
    candidatesOf: (facts) => prefixesOf(facts.sourceAddress),
  },
  {
    keysOf: (match) => (match.sourceType === SourceType.ANY ? [] : [String(match.sourceType)]),
    candidatesOf: (facts) => [String(sourceTypeOf(facts))],
  },
  { keysOf: (match) => prefixKeys(match.sourcePrefixRanges), candidatesOf: (facts) => prefixesOf(facts.sourceAddress) },
  { keysOf: (match) => match.sourcePorts.map(String), candidatesOf: (facts) => [String(facts.sourcePort)] },
];

export interface MatchableChain<Chain> {
  readonly match: FilterChainMatch | undefined;
  readonly chain: Chain;
}

/**
 * Builds the index of a listener's filter chains.
 *
 * @throws ConfigError when two chains could both be meant, or a rule cannot be read
 */
export function createFilterChainMatcher<Chain>(chains: readonly MatchableChain<Chain>[]): FilterChainMatcher<Chain> {
  const root: Map<string, Node<Chain>> = new Map();
  for (const { match, chain } of chains) file(root, match, chain);
  return (facts) => find(root, facts);
}

function file<Chain>(root: Map<string, Node<Chain>>, match: FilterChainMatch | undefined, chain: Chain): void {
  let nodes = [root];
  for (const [level, criterion] of CRITERIA.entries()) {
    const isLast = level === CRITERIA.length - 1;
    const keys = match === undefined ? [] : criterion.keysOf(match);
    const next: Map<string, Node<Chain>>[] = [];
    for (const node of nodes) {
      for (const key of keys.length === 0 ? [ANY] : new Set(keys)) {
        const child = node.get(key);
        if (isLast && child !== undefined)
          throw new ConfigError('multiple filter chains with overlapping matching rules are defined');
        if (isLast) node.set(key, { chain });
        else next.push(childMap(node, key));
      }
    }
    nodes = next;
  }
}

function childMap<Chain>(node: Map<string, Node<Chain>>, key: string): Map<string, Node<Chain>> {
  const existing = node.get(key);
  if (existing instanceof Map) return existing;
  const created = new Map<string, Node<Chain>>();
  node.set(key, created);
  return created;
}

function find<Chain>(root: Map<string, Node<Chain>>, facts: ConnectionFacts): Chain | undefined {
  let node: Node<Chain> = root;
  for (const criterion of CRITERIA) {
    if (!(node instanceof Map)) return undefined;
    const next: Node<Chain> | undefined = choose(node, criterion, facts);
    if (next === undefined) return undefined;
    node = next;
  }
  return node instanceof Map ? undefined : node.chain;
}

function choose<Chain>(
  node: Map<string, Node<Chain>>,
  criterion: Criterion,
  facts: ConnectionFacts,
): Node<Chain> | undefined {
  const anything = node.get(ANY);
  if (anything !== undefined && node.size === 1) return anything;
  for (const candidate of criterion.candidatesOf(facts)) {
    const specific = node.get(candidate);
    if (specific !== undefined) return specific;
  }
  return anything;
}

function prefixKeys(ranges: readonly CidrRange[]): string[] {
  return ranges.map(({ addressPrefix, prefixLen }) => {
    const key = parsePrefixBits(addressPrefix, prefixLen ?? 0);
    if (key === undefined)
      throw new ConfigError(
        `invalid ip/mask combo '${addressPrefix}/${prefixLen ?? 0}' (format is <ip>/<# mask bits>)`,
      );
    return key;
  });
}

/** `*.example.com` is filed as `.example.com`. */
function serverNameKey(name: string): string {
  const bare = name.startsWith('*.') ? name.slice(1) : name;
  if (bare.includes('*')) throw new ConfigError('partial wildcards are not supported in "server_names"');
  return bare.toLowerCase();
}

/** The name itself, then its suffixes from the longest: `a.b.c` asks for `a.b.c`, `.b.c`, `.c`. */
function serverNameCandidates(name: string): string[] {
  if (name === '') return [];
  const candidates = [name];
  for (let dot = name.indexOf('.', 1); dot !== -1 && dot < name.length - 1; dot = name.indexOf('.', dot + 1))
    candidates.push(name.slice(dot));
  return candidates;
}

function sourceTypeOf(facts: ConnectionFacts): SourceType {
  const isLocal = isLoopback(facts.sourceAddress) || facts.sourceAddress === facts.destinationAddress;
  return isLocal ? SourceType.SAME_IP_OR_LOOPBACK : SourceType.EXTERNAL;
}
