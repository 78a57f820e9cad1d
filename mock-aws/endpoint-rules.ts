import { getHeader, type RequestHead } from '#core/http-message.ts';
import type { ServiceName } from './aws-call.ts';
import { IAM_ERRORS, LAMBDA_ERRORS, STS_ERRORS, type ErrorForm } from './errors.ts';
import type { ServiceFamily } from './sigv4/types.ts';

/** What one service demands of every request, before an operation is looked at (aws.md 1.10, 1.16). */
export interface EndpointRules {
  readonly family: ServiceFamily;
  readonly windowMinutes: number;
  readonly errors: ErrorForm;
  /** Larger bodies are refused unread. */
  readonly maxBodyBytes: number;
  /** Whether the refusal of a scope of another region names that region. Default true. */
  readonly namesScopeRegion?: boolean;
  /** The region that a credential scope must name. */
  readonly regionOf: (request: RequestHead, ownRegion: string) => string;
}

const GLOBAL_REGION = 'us-east-1';
/** The limit of CreateFunction (aws.md 2.7); Invoke's lower one is checked by the operation, which words it. */
const MAX_LAMBDA_BODY_BYTES = 70_167_211;
const MAX_FORM_BODY_BYTES = 1_048_576;

export const ENDPOINT_RULES: Readonly<Record<ServiceName, EndpointRules>> = {
  lambda: {
    family: 'rest-json',
    windowMinutes: 5,
    errors: LAMBDA_ERRORS,
    maxBodyBytes: MAX_LAMBDA_BODY_BYTES,
    regionOf: (_request, ownRegion) => ownRegion,
  },
  iam: {
    family: 'query',
    windowMinutes: 15,
    errors: IAM_ERRORS,
    maxBodyBytes: MAX_FORM_BODY_BYTES,
    regionOf: () => GLOBAL_REGION,
  },
  sts: {
    family: 'query',
    windowMinutes: 15,
    errors: STS_ERRORS,
    maxBodyBytes: MAX_FORM_BODY_BYTES,
    // The global name signs as us-east-1, a regional one as its region (aws.md 3).
    regionOf(request, ownRegion) {
      const host = getHeader(request.headers, 'host') ?? '';
      if (host === 'sts.amazonaws.com') return GLOBAL_REGION;
      return REGIONAL_STS.exec(host)?.groups?.['region'] ?? ownRegion;
    },
    // Seen since 2023 (hashicorp/terraform-provider-aws#34865); before, STS named the region as the others do.
    namesScopeRegion: false,
  },
};

const REGIONAL_STS = /^sts\.(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$/;
