import { EMPTY_SHA256, sha256Hex } from './digest.ts';
import type { HeaderIndex } from './header-index.ts';
import type { CarrierForm } from './types.ts';

export interface PayloadHashOptions {
  readonly service: string;
  readonly form: CarrierForm;
}

/**
 * The last line of the canonical request. Every service but S3 hashes the body it received, whatever
 * `x-amz-content-sha256` says; S3 takes that header's word, and signs presigned requests without a body (aws.md 1.12).
 */
export function createPayloadHash(body: Uint8Array, headers: HeaderIndex, options: PayloadHashOptions): string {
  if (options.service !== 's3') return hashBody(body);
  const declared = headers.find('x-amz-content-sha256');
  if (declared !== undefined) return declared;
  return options.form === 'query' ? 'UNSIGNED-PAYLOAD' : hashBody(body);
}

/**
 * True when S3 was told the hash of another body than the one it received; `UNSIGNED-PAYLOAD` and `STREAMING-...` tell
 * nothing. Other services hash the body themselves.
 */
export function isPayloadHashFalse(payloadHash: string, body: Uint8Array, service: string): boolean {
  return service === 's3' && /^[0-9a-f]{64}$/.test(payloadHash) && payloadHash !== hashBody(body);
}

function hashBody(body: Uint8Array): string {
  return body.length === 0 ? EMPTY_SHA256 : sha256Hex(body);
}
