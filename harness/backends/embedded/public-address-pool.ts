/** Gives public addresses of 203.0.113.0/24, which RFC 5737 keeps for documentation, in order. */
export function createPublicAddressPool(): () => string {
  let next = 10;
  return () => `203.0.113.${next++}`;
}
