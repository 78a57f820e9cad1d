import { createCanonicalHeaders } from './canonical-headers.ts';
import { createCanonicalQuery } from './canonical-query.ts';
import type { HeaderIndex } from './header-index.ts';
import type { QueryParameter } from './query-parameters.ts';
import type { SignedHeaders } from './signed-headers.ts';
import type { CarrierForm } from './types.ts';

/** The pieces of a request that a signature covers. */
export interface CanonicalRequestParts {
  readonly method: string;
  /** From `createCanonicalPath`. */
  readonly path: string;
  readonly parameters: readonly QueryParameter[];
  readonly form: CarrierForm;
  readonly headers: HeaderIndex;
  readonly signedHeaders: SignedHeaders;
  /** From `createPayloadHash`. */
  readonly payloadHash: string;
}

/** The canonical request of aws.md 1.7, as a byte string. */
export function createCanonicalRequest(parts: CanonicalRequestParts): string {
  const query = createCanonicalQuery(parts.parameters, parts.form);
  const headers = createCanonicalHeaders(parts.headers, parts.signedHeaders.names);
  return `${parts.method}\n${parts.path}\n${query}\n${headers}\n${parts.signedHeaders.text}\n${parts.payloadHash}`;
}
