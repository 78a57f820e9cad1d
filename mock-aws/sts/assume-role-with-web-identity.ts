import type { AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse } from '@aws-sdk/client-sts';
import type { OidcProvider } from '../iam/oidc-provider-store.ts';
import type { IamRole } from '../iam/role-store.ts';
import type { SignatureVerdict } from '../oidc/issuer-keys.ts';
import {
  parseWebIdentityToken,
  readIdentityClaims,
  readTimeClaim,
  type IdentityClaims,
  type WebIdentityToken,
} from '../oidc/web-identity-token.ts';
import { evaluatePolicies } from '../policy/evaluate-policies.ts';
import { createTimeContext } from '../policy/time-context.ts';
import type { PolicyContext } from '../policy/types.ts';
import { describeAssumedRole, describeCredentials } from './describe-session.ts';
import { checkSessionRequest, getDurationSeconds, readSessionPolicies } from './session-request.ts';
import type { StsContext } from './sts-context.ts';
import {
  invalidIdentityToken,
  issuerUnreachable,
  stsValidationError,
  webIdentityDenied,
  webTokenExpired,
} from './sts-errors.ts';

/**
 * AssumeRoleWithWebIdentity: the checks of aws.md 3.2, in that order; the first that fails answers.
 *
 * Only the trust policy counts, since the caller is anonymous until then.
 */
export async function assumeRoleWithWebIdentity(
  context: StsContext,
  input: AssumeRoleWithWebIdentityRequest,
): Promise<AssumeRoleWithWebIdentityResponse> {
  checkSessionRequest(input, input.WebIdentityToken);
  const { token, claims } = readToken(input.WebIdentityToken ?? '');
  const provider = findProvider(context, input.RoleArn ?? '', claims);
  const { thumbprints } = provider;
  checkSignature(await context.issuerKeys.verify(token, { url: claims.issuer, thumbprints }));
  checkAge(token, Math.floor(context.clock.now() / 1000));
  const audience = claims.audiences.find((candidate) => provider.clientIds.includes(candidate));
  if (audience === undefined) throw invalidIdentityToken('Incorrect token audience');
  const role = findTrustingRole(context, input, { token, claims, provider, audience });
  const seconds = getDurationSeconds(input);
  if (seconds > role.maxSessionSeconds) {
    throw stsValidationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  const { policies, packedPercent } = readSessionPolicies(context.iam, input);
  const sessionName = input.RoleSessionName ?? '';
  const session = context.iam.createRoleSession({ role, sessionName, lifetimeMs: seconds * 1000, policies });
  return {
    SubjectFromWebIdentityToken: claims.subject,
    Audience: audience,
    AssumedRoleUser: describeAssumedRole(session),
    Credentials: describeCredentials(session),
    Provider: provider.arn,
    ...(packedPercent !== undefined && { PackedPolicySize: packedPercent }),
  };
}

/** A token lives a day at most, whatever it says of itself. The limit is assumed. */
const MAX_AGE_SECONDS = 86_400;
/** Clocks differ. Assumed. */
const SKEW_SECONDS = 300;

function readToken(text: string): { readonly token: WebIdentityToken; readonly claims: IdentityClaims } {
  const token = parseWebIdentityToken(text);
  if (token === undefined) {
    throw invalidIdentityToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const claims = readIdentityClaims(token);
  if (typeof claims === 'string') throw invalidIdentityToken(`Missing a required claim: ${claims}`);
  for (const name of ['exp', 'iat'] as const) {
    if (readTimeClaim(token, name) === undefined) throw invalidIdentityToken(`Missing a required claim: ${name}`);
  }
  return { token, claims };
}

function findProvider({ iam, accountId }: StsContext, roleArn: string, { issuer }: IdentityClaims): OidcProvider {
  const isOurs = roleArn.split(':')[4] === accountId;
  const provider = isOurs ? iam.oidcProviders.findByIssuer(issuer) : undefined;
  if (provider !== undefined) return provider;
  const shown = issuer.startsWith('https://') ? issuer : `https://${issuer}`;
  throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${shown}`);
}

function checkSignature(verdict: SignatureVerdict): void {
  switch (verdict) {
    case 'valid':
      return;
    case 'unreachable':
      throw issuerUnreachable();
    case 'unusable':
    case 'no-key':
      throw invalidIdentityToken(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    case 'thumbprint':
      throw invalidIdentityToken("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint");
    case 'invalid':
      throw invalidIdentityToken(NOT_VALIDATED);
  }
}

const NOT_VALIDATED = 'The web identity token provided could not be validated';

function checkAge(token: WebIdentityToken, now: number): void {
  const [expiresAt, issuedAt] = [readTimeClaim(token, 'exp') ?? 0, readTimeClaim(token, 'iat') ?? 0];
  if (now >= expiresAt) {
    throw webTokenExpired(
      `Token expired: current date/time ${now} must be before the expiration date/time ${Math.floor(expiresAt)}`,
    );
  }
  const age = Math.floor(now - issuedAt);
  if (age > MAX_AGE_SECONDS) throw webTokenExpired(`Token too old: ${age}`);
  const notBefore = readTimeClaim(token, 'nbf') ?? issuedAt;
  if (Math.max(notBefore, issuedAt) > now + SKEW_SECONDS) throw invalidIdentityToken(NOT_VALIDATED);
}

interface Identified {
  readonly token: WebIdentityToken;
  readonly claims: IdentityClaims;
  readonly provider: OidcProvider;
  /** The one of the token's audiences that the provider knows. */
  readonly audience: string;
}

function findTrustingRole(
  { iam, clock }: StsContext,
  input: AssumeRoleWithWebIdentityRequest,
  identified: Identified,
): IamRole {
  const role = iam.roles.findByArn(input.RoleArn ?? '');
  if (role === undefined) throw webIdentityDenied();
  const context: PolicyContext = new Map([
    ...createTimeContext(clock.now()),
    ['sts:rolesessionname', input.RoleSessionName ?? ''],
    ...createClaimContext(identified),
  ]);
  const decision = evaluatePolicies([role.trustPolicy], {
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: undefined,
    principal: { type: 'Federated', names: [identified.provider.arn] },
    context,
  });
  if (decision !== 'allowed') throw webIdentityDenied();
  return role;
}

/** `<issuer without scheme>:sub` and its like (aws.md 4.8). */
function createClaimContext({ token, claims, provider, audience }: Identified): [string, string | readonly string[]][] {
  const prefix = provider.url.toLowerCase();
  const { amr } = token.claims;
  const isList = Array.isArray(amr) && amr.every((item) => typeof item === 'string');
  return [
    [`${prefix}:sub`, claims.subject],
    [`${prefix}:aud`, audience],
    ['aws:federatedprovider', provider.arn],
    ...(isList ? [[`${prefix}:amr`, amr] satisfies [string, readonly string[]]] : []),
  ];
}
