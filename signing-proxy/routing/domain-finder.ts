import { ConfigError } from '../config-error.ts';

export interface DomainEntry<Value> {
  readonly name: string;
  readonly domains: readonly string[];
  readonly value: Value;
}

/**
 * Finds what serves a host, whatever its case: first an exact domain, then the longest `*.suffix`, then the longest
 * `prefix.*`, then `*`. A wildcard stands for at least one character.
 *
 * @throws ConfigError when two entries claim one domain
 */
export function createDomainFinder<Value>(
  entries: readonly DomainEntry<Value>[],
  options: { ignoresPort: boolean },
): (host: string) => Value | undefined {
  const exact = new Map<string, Value>();
  const suffixes = new Map<string, Value>();
  const prefixes = new Map<string, Value>();
  let fallback: { readonly value: Value } | undefined;

  for (const { name, domains, value } of entries) {
    for (const domain of domains.map((text) => text.toLowerCase())) {
      if (domain === '*') {
        if (fallback !== undefined)
          throw new ConfigError(`Only a single wildcard domain is permitted in virtual host ${name}`);
        fallback = { value };
      } else {
        const [table, key] = domain.startsWith('*')
          ? [suffixes, domain.slice(1)]
          : domain.endsWith('*')
            ? [prefixes, domain.slice(0, -1)]
            : [exact, domain];
        if (table.has(key)) {
          throw new ConfigError(
            `Only unique values for domains are permitted. Duplicate entry of domain ${domain} in virtual host ${name}`,
          );
        }
        table.set(key, value);
      }
    }
  }

  const suffixLengths = lengthsOf(suffixes);
  const prefixLengths = lengthsOf(prefixes);
  return (authority) => {
    const host = (options.ignoresPort ? dropPort(authority) : authority).toLowerCase();
    return (
      exact.get(host) ??
      findLongest(suffixes, suffixLengths, (length) => host.slice(-length), host) ??
      findLongest(prefixes, prefixLengths, (length) => host.slice(0, length), host) ??
      fallback?.value
    );
  };
}

/** Distinct key lengths, longest first. */
function lengthsOf(table: ReadonlyMap<string, unknown>): number[] {
  return [...new Set([...table.keys()].map((key) => key.length))].sort((a, b) => b - a);
}

function findLongest<Value>(
  table: ReadonlyMap<string, Value>,
  lengths: readonly number[],
  cut: (length: number) => string,
  host: string,
): Value | undefined {
  for (const length of lengths) {
    const value = length < host.length ? table.get(cut(length)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

function dropPort(authority: string): string {
  return authority.replace(/:\d*$/, '');
}
