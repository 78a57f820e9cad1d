import type { CidrRange } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HttpRules } from '../dialects/types.ts';
import { parseIpBits } from '../listeners/ip-prefix.ts';

export type AddressPredicate = (address: string) => boolean;

const PRIVATE_OR_LOOPBACK = /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:)/i;

/** Compiles the test for internal callers: the listener's ranges, or the dialect's own. @throws ConfigError */
export function compileInternalAddresses(ranges: readonly CidrRange[] | undefined, rules: HttpRules): AddressPredicate {
  if (ranges === undefined)
    return rules.internalAddresses === 'none' ? () => false : (address) => PRIVATE_OR_LOOPBACK.test(address);
  const prefixes = ranges.map(compileRange);
  return (address) => {
    const bits = parseIpBits(address);
    return (
      bits !== undefined && prefixes.some(({ length, prefix }) => bits.length === length && bits.startsWith(prefix))
    );
  };
}

function compileRange({ addressPrefix, prefixLen }: CidrRange): { length: number; prefix: string } {
  const bits = parseIpBits(addressPrefix);
  if (bits === undefined || (prefixLen ?? 0) > bits.length)
    throw new ConfigError(`malformed IP address: ${addressPrefix}/${prefixLen ?? 0}`);
  return { length: bits.length, prefix: bits.slice(0, prefixLen ?? 0) };
}
