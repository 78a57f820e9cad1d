/**
 * The bits of an IP address as text of `0` and `1`, so that a prefix is a `startsWith`; undefined for anything else.
 * An IPv4 address mapped into IPv6 counts as IPv4.
 */
export function parseIpBits(address: string): string | undefined {
  if (!address.includes(':')) return parseIpv4Bits(address);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return parseIpv4Bits(mapped[1]);
  return parseIpv6Bits(address);
}

/** The key under which all spellings of one CIDR range meet; undefined when it is not one. */
export function parsePrefixBits(address: string, length: number): string | undefined {
  const bits = parseIpBits(address);
  if (bits === undefined || length > bits.length) return undefined;
  return familyOf(bits) + bits.slice(0, length);
}

/** Keys of every range that holds the address, narrowest first. */
export function prefixesOf(address: string): string[] {
  const bits = parseIpBits(address);
  if (bits === undefined) return [];
  const family = familyOf(bits);
  return Array.from({ length: bits.length + 1 }, (_, cut) => family + bits.slice(0, bits.length - cut));
}

/** Whether the address is one of the machine's own loopback addresses. */
export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || address === 'localhost';
}

function familyOf(bits: string): string {
  return bits.length === 32 ? '4:' : '6:';
}

function parseIpv4Bits(address: string): string | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('');
}

function parseIpv6Bits(address: string): string | undefined {
  const [head = '', tail, ...rest] = address.split('::');
  if (rest.length > 0) return undefined;
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}
