import { describe, expect, test } from 'vitest';
import { createFilterChainMatcher, type ConnectionFacts } from '#signing-proxy/listeners/filter-chain-matcher.ts';
import { FilterChainMatchSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

const FACTS: ConnectionFacts = {
  destinationAddress: '10.42.0.5',
  destinationPort: 8080,
  sourceAddress: '10.42.0.9',
  sourcePort: 40_000,
  serverName: '',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
};

/** Each chain is known by the text of its match. */
function match(...matches: readonly (object | undefined)[]) {
  const find = createFilterChainMatcher(
    matches.map((json) => ({
      match: json && fromProtoJson(FilterChainMatchSchema, json),
      chain: JSON.stringify(json),
    })),
  );
  return (facts: Partial<ConnectionFacts>) => find({ ...FACTS, ...facts });
}

const chain = (json: object | undefined) => JSON.stringify(json);

describe('filter chain matching', () => {
  test('prefers a chain with the port to one without', () => {
    const find = match({ destinationPort: 8080 }, {});
    expect(find({})).toBe(chain({ destinationPort: 8080 }));
    expect(find({ destinationPort: 9090 })).toBe(chain({}));
  });

  test('does not fall back from a port to a chain without port', () => {
    const find = match({ destinationPort: 8080, transportProtocol: 'tls' }, {});
    expect(find({})).toBeUndefined();
  });

  test('prefers the narrowest address range', () => {
    const wide = { prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] };
    const narrow = { prefixRanges: [{ addressPrefix: '10.42.0.0', prefixLen: 24 }] };
    const find = match(wide, narrow, {});
    expect(find({})).toBe(chain(narrow));
    expect(find({ destinationAddress: '10.43.0.1' })).toBe(chain(wide));
    expect(find({ destinationAddress: '192.168.0.1' })).toBe(chain({}));
  });

  test('prefers an exact server name, then the longest wildcard, then none', () => {
    const exact = { serverNames: ['a.b.example'] };
    const long = { serverNames: ['*.b.example'] };
    const short = { serverNames: ['*.example'] };
    const find = match(exact, long, short, {});
    expect(find({ serverName: 'a.b.example' })).toBe(chain(exact));
    expect(find({ serverName: 'c.b.example' })).toBe(chain(long));
    expect(find({ serverName: 'x.c.example' })).toBe(chain(short));
    expect(find({ serverName: 'example' })).toBe(chain({}));
    expect(find({ serverName: '' })).toBe(chain({}));
  });

  test('tells the two chains of permissive mTLS apart', () => {
    const mesh = { destinationPort: 8080, transportProtocol: 'tls', applicationProtocols: ['istio', 'istio-http/1.1'] };
    const tls = { destinationPort: 8080, transportProtocol: 'tls' };
    const plain = { destinationPort: 8080, transportProtocol: 'raw_buffer' };
    const find = match(mesh, tls, plain);
    expect(find({ transportProtocol: 'tls', applicationProtocols: ['h2', 'istio'] })).toBe(chain(mesh));
    expect(find({ transportProtocol: 'tls', applicationProtocols: ['h2'] })).toBe(chain(tls));
    expect(find({})).toBe(chain(plain));
  });

  test('follows the order of the protocols that the client offers', () => {
    const one = { applicationProtocols: ['h2'] };
    const other = { applicationProtocols: ['http/1.1'] };
    const find = match(one, other);
    expect(find({ applicationProtocols: ['http/1.1', 'h2'] })).toBe(chain(other));
  });

  test('tells callers on the same machine from others', () => {
    const local = { sourceType: 'SAME_IP_OR_LOOPBACK' };
    const find = match(local, {});
    expect(find({ sourceAddress: '127.0.0.1' })).toBe(chain(local));
    expect(find({ sourceAddress: '10.42.0.5' })).toBe(chain(local));
    expect(find({})).toBe(chain({}));
  });

  test('finds nothing where nothing fits', () => {
    expect(match({ transportProtocol: 'tls' })({})).toBeUndefined();
  });

  test('refuses two chains that could both be meant', () => {
    expect(() => match({ serverNames: ['a.example', 'b.example'] }, { serverNames: ['B.example'] })).toThrow(
      'multiple filter chains with overlapping matching rules are defined',
    );
  });

  test('refuses a wildcard inside a server name', () => {
    expect(() => match({ serverNames: ['a.*.example'] })).toThrow(
      'partial wildcards are not supported in "server_names"',
    );
  });

  test('refuses a range that is none', () => {
    expect(() => match({ prefixRanges: [{ addressPrefix: '10.0.0', prefixLen: 8 }] })).toThrow(
      "invalid ip/mask combo '10.0.0/8'",
    );
  });
});
