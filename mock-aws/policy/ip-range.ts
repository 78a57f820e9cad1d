const OCTETS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Whether an IPv4 address lies in `10.0.0.0/8` or equals `10.0.0.1`; what is neither matches nothing. */
export function isInIpRange(address: string, range: string): boolean {
  const [network = '', prefix = '32'] = range.split('/');
  const bits = /^\d{1,2}$/.test(prefix) ? Number(prefix) : 33;
  const [wanted, received] = [parseAddress(network), parseAddress(address)];
  if (wanted === undefined || received === undefined || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(wanted / size) === Math.floor(received / size);
}

function parseAddress(text: string): number | undefined {
  const octets = OCTETS.exec(text)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}
