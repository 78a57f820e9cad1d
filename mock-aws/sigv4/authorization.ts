import type { SignedHeaders } from './signed-headers.ts';
import type { CarrierForm } from './types.ts';

/** The parts of a signature as they were sent, whichever way they came; nothing is checked yet. */
export interface Authorization {
  readonly form: CarrierForm;
  readonly credential: string;
  readonly signedHeaders: SignedHeaders;
  readonly signature: string;
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** `X-Amz-Expires` of the query form. */
  readonly expires: string | undefined;
}
