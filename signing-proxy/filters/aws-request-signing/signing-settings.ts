import { AwsRequestSigning_SigningAlgorithm, type AwsRequestSigning } from '#xds/generated/messages.js';
import { ConfigError } from '../../config-error.ts';
import type { ProxyContext } from '../../context.ts';
import { toMilliseconds } from '../../routing/duration-ms.ts';
import type { ProxyStats } from '../../stats.ts';
import type { SigningPlan } from '../aws/request-signer.ts';
import { compileHeaderRule } from '../aws/signed-header-rule.ts';
import { createSigV4 } from '../aws/sigv4.ts';
import { createSigV4A } from '../aws/sigv4a.ts';

/** What a listener or a route says about signing. A route's settings replace the listener's whole. */
export interface SigningSettings {
  /** What the request is sent to; empty for what the caller asked for. */
  readonly host: string;
  readonly isPayloadUnsigned: boolean;
  readonly plan: SigningPlan;
  readonly stats: SigningStats;
}

/** `signed` counts requests that no credentials were found for, too (gateways.md 2.8). */
interface SigningStats {
  readonly signed: { value: number };
  readonly signedWithPayload: { value: number };
}

/** Envoy's default, so short that every clock that is off by it breaks all requests. */
const DEFAULT_EXPIRES_SECONDS = 5;

/**
 * Compiles what the dialect's release knows of a configuration; fields that are newer than it are not seen.
 *
 * @throws ConfigError in Envoy's words
 */
export function compileSigningSettings(config: AwsRequestSigning, context: ProxyContext): SigningSettings {
  const { signing } = context.dialect;
  const { serviceName: service, hostRewrite, useUnsignedPayload, queryString } = config;
  const isSigV4A =
    signing.options.has('signing_algorithm') &&
    config.signingAlgorithm === AwsRequestSigning_SigningAlgorithm.AWS_SIGV4A;
  const region = findRegion(config.region, isSigV4A, context);
  const hasQuery = signing.options.has('query_string') && queryString !== undefined;
  return {
    host: hostRewrite,
    isPayloadUnsigned: useUnsignedPayload,
    plan: {
      service,
      region,
      credentials: context.credentials.find({ region, provider: config.credentialProvider }),
      maker: isSigV4A ? createSigV4A() : createSigV4(),
      isSigned: compileHeaderRule(config, signing),
      expiresSeconds: hasQuery
        ? (toMilliseconds(queryString.expirationTime) ?? DEFAULT_EXPIRES_SECONDS * 1000) / 1000
        : undefined,
    },
    stats: createStats(`${context.statPrefix ?? ''}aws_request_signing.`, context.stats),
  };
}

/** Nothing here fails: those that count it stay at 0. */
function createStats(prefix: string, stats: ProxyStats): SigningStats {
  for (const name of ['signing_failed', 'payload_signing_failed']) stats.find(`${prefix}${name}`);
  return {
    signed: stats.find(`${prefix}signing_added`),
    signedWithPayload: stats.find(`${prefix}payload_signing_added`),
  };
}

/** What is configured, else what the environment names; only for SigV4A it may be a set of regions. */
function findRegion(configured: string, isSigV4A: boolean, { credentials, dialect }: ProxyContext): string {
  if (configured === '' && !dialect.signing.options.has('region_from_environment'))
    throw new ConfigError(
      'Proto constraint validation failed (AwsRequestSigningValidationError.Region: value length must be at least 1 characters)',
    );
  const region = configured === '' ? credentials.findRegion(isSigV4A ? 'region-set' : 'region') : configured;
  if (region === undefined)
    throw new ConfigError(
      'AWS region is not set in xDS configuration and failed to retrieve from environment variable or AWS profile/config files.',
    );
  if (!isSigV4A && /[*,]/.test(region))
    throw new ConfigError(
      'SigV4 region string cannot contain wildcards or commas. Region sets can be specified when using signing_algorithm: AWS_SIGV4A.',
    );
  return region;
}
