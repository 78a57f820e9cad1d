import type { Address } from '#core/address.ts';
import { UpstreamError } from './upstream-error.ts';

/** The connection ended before the response did. */
export function createBrokenOff(endpoint: Address): UpstreamError {
  return new UpstreamError({ reason: 'connection termination', flag: 'UC', retryKind: 'reset', endpoint });
}

/** What came is not HTTP. */
export function createProtocolError(endpoint: Address, cause: unknown): UpstreamError {
  return new UpstreamError({ reason: 'protocol error', flag: 'UPE', retryKind: 'reset', endpoint, cause });
}
