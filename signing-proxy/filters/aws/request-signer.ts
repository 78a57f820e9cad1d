import { hash } from 'node:crypto';
import type { Instant } from '#core/clock.ts';
import { redactRequestHead } from '#core/http-message.ts';
import type { ProxyContext } from '../../context.ts';
import type { CredentialProvider, Credentials } from '../../credentials/types.ts';
import type { SigningRules } from '../../dialects/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import { toRequestHead } from '../../http/request-head.ts';
import { createCanonicalHeaders, createCanonicalRequest } from './canonical-request.ts';
import { addSignature, addSignatureParameters } from './query-signature.ts';
import type { SignatureMaker } from './signature-maker.ts';
import { createDefaultHeaderRule, type SignedHeaderRule } from './signed-header-rule.ts';
import { createSigV4 } from './sigv4.ts';

/** SHA-256 of no bytes, lower-case hex. */
export const EMPTY_PAYLOAD_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** How a filter, or a route, wants its requests signed. */
export interface SigningPlan {
  readonly service: string;
  /** For SigV4A a set of regions. */
  readonly region: string;
  readonly credentials: CredentialProvider;
  /** Default SigV4. */
  readonly maker?: SignatureMaker;
  /** By default everything is signed but the dialect's own list. */
  readonly isSigned?: SignedHeaderRule;
  /** The signature goes into the query string and is good for so long; by default it goes into headers. */
  readonly expiresSeconds?: number | undefined;
}

type SignerContext = Pick<ProxyContext, 'source' | 'clock' | 'timeline' | 'log' | 'dialect'>;

/**
 * Signs requests for one filter, imitating the dialect's gateway rather than AWS's own signers.
 *
 * Kept apart from the verifier in `mock-aws` on purpose: one is what a gateway does, the other what AWS checks.
 */
export class RequestSigner {
  readonly #filter: string;
  readonly #context: SignerContext;
  readonly #sigV4 = createSigV4();
  readonly #isSigned: SignedHeaderRule;
  readonly #rules: SigningRules;
  #date: { readonly second: number; readonly text: string } | undefined;

  constructor(filter: string, context: SignerContext) {
    this.#filter = filter;
    this.#context = context;
    this.#isSigned = createDefaultHeaderRule(context.dialect.signing);
    this.#rules = rememberTarget(context.dialect.signing);
  }

  /**
   * Adds a signature to a request that is otherwise complete. Without credentials it adds the payload hash alone and the
   * request goes out unsigned, as Envoy lets it (gateways.md 3.8).
   *
   * @param payloadHash lower-case hex of SHA-256 over the body that will be sent, or `UNSIGNED-PAYLOAD`
   */
  sign(headers: HeaderMap, payloadHash: string, plan: SigningPlan): void | Promise<void> {
    if (plan.expiresSeconds === undefined) headers.set('x-amz-content-sha256', payloadHash);
    const credentials = plan.credentials.getCredentials();
    if (credentials instanceof Promise) {
      return credentials.then((found) => this.#finish(headers, found, { plan, payloadHash }));
    }
    return this.#finish(headers, credentials, { plan, payloadHash });
  }

  #finish(headers: HeaderMap, credentials: Credentials | undefined, job: SigningJob): void {
    if (credentials === undefined) this.#leaveUnsigned(headers);
    else this.#addSignature(headers, credentials, job);
  }

  #leaveUnsigned(headers: HeaderMap): void {
    const { source, timeline, log, dialect } = this.#context;
    const reason = 'no credentials were found';
    if (dialect.signing.announcesUnsigned) log.debug('misc', 'Sign exiting early - no credentials found');
    timeline.emit({ type: 'left-unsigned', source, filter: this.#filter, reason, ...requestIdOf(headers) });
  }

  #addSignature(headers: HeaderMap, credentials: Credentials, { plan, payloadHash }: SigningJob): void {
    const rules = this.#rules;
    const { maker = this.#sigV4, isSigned = this.#isSigned, service, region, expiresSeconds } = plan;
    const longDate = this.#formatDate(this.#context.clock.now());
    const scope = { date: longDate.slice(0, 8), region, service };
    const credential = `${credentials.accessKeyId}/${maker.createCredentialScope(scope)}`;

    if (expiresSeconds === undefined) this.#addRequiredHeaders(headers, { credentials, longDate, plan });
    const canonicalHeaders = createCanonicalHeaders(headers, rules, isSigned);
    if (expiresSeconds !== undefined)
      addSignatureParameters(headers, {
        algorithm: maker.algorithm,
        credential,
        date: longDate,
        expiresSeconds,
        signedHeaders: canonicalHeaders.names,
        sessionToken: credentials.sessionToken === '' ? undefined : credentials.sessionToken,
        regionSet: maker.hasRegionSet ? region : undefined,
      });

    const canonicalRequest = createCanonicalRequest(headers, { canonicalHeaders, service, payloadHash }, rules);
    const credentialScope = credential.slice(credentials.accessKeyId.length + 1);
    const stringToSign = `${maker.algorithm}\n${longDate}\n${credentialScope}\n${hashBytes(canonicalRequest)}`;
    const signature = maker.createSignature(stringToSign, credentials, scope);
    const authorization =
      expiresSeconds === undefined
        ? `${maker.algorithm} Credential=${credential}, SignedHeaders=${canonicalHeaders.names}, Signature=${signature}`
        : undefined;
    if (authorization === undefined) addSignature(headers, signature);
    else headers.append('authorization', authorization);
    const signedHeaders = canonicalHeaders.names;
    this.#report(headers, { canonicalRequest, stringToSign, signedHeaders, credentials, authorization });
  }

  #addRequiredHeaders(headers: HeaderMap, { credentials, longDate, plan }: RequiredHeaders): void {
    const isReplaced = this.#context.dialect.signing.presentHeaders === 'replaced';
    if (isReplaced) for (const name of REPLACED) headers.remove(name);
    if (credentials.sessionToken !== undefined && credentials.sessionToken !== '')
      headers.add('x-amz-security-token', credentials.sessionToken);
    headers.add('x-amz-date', longDate);
    if (plan.maker?.hasRegionSet === true) headers.set('x-amz-region-set', plan.region);
  }

  /** Requests of one second share their date. */
  #formatDate(now: Instant): string {
    const second = Math.floor(now / 1000);
    if (this.#date?.second !== second) this.#date = { second, text: this.#context.dialect.signing.formatDate(now) };
    return this.#date.text;
  }

  #report(headers: HeaderMap, signed: Signed): void {
    const { source, timeline, dialect } = this.#context;
    this.#log(headers, signed);
    timeline.emitLazily(() => ({
      type: 'signed',
      source,
      filter: this.#filter,
      dialect: dialect.name,
      request: redactRequestHead(toRequestHead(headers)),
      canonicalRequest: hideToken(signed.canonicalRequest, signed.credentials.sessionToken),
      stringToSign: signed.stringToSign,
      signedHeaders: signed.signedHeaders.split(';'),
      accessKeyId: signed.credentials.accessKeyId,
      ...requestIdOf(headers),
    }));
  }

  #log(headers: HeaderMap, { canonicalRequest, stringToSign, credentials, authorization }: Signed): void {
    const { log, dialect } = this.#context;
    const component = dialect.signing.logComponent;
    if (!log.isEnabled('debug', component)) return;
    log.debug(component, `Canonical request:\n${hideToken(canonicalRequest, credentials.sessionToken)}`);
    log.debug(component, `String to sign:\n${stringToSign}`);
    log.debug(
      component,
      authorization === undefined
        ? `Query string signing - New path (sanitised): ${sanitize(headers.get(':path') ?? '')}`
        : dialect.signing.describeSignature(authorization),
    );
  }
}

/** The same rules; requests to one function share their path and, mostly, their host. */
function rememberTarget(rules: SigningRules): SigningRules {
  let last = { path: '', service: '', canonical: '' };
  let lastHost = { authority: '', canonical: '' };
  return {
    ...rules,
    createCanonicalHost(authority) {
      if (authority !== lastHost.authority) lastHost = { authority, canonical: rules.createCanonicalHost(authority) };
      return lastHost.canonical;
    },
    createCanonicalPath(path, service) {
      if (path !== last.path || service !== last.service)
        last = { path, service, canonical: rules.createCanonicalPath(path, service) };
      return last.canonical;
    },
  };
}

/** SHA-256 over a text of one byte a character. */
function hashBytes(text: string): string {
  return hash('sha256', Buffer.from(text, 'latin1'));
}

/** A token that the caller sent is removed even where the credentials have none. */
const REPLACED = ['authorization', 'x-amz-security-token', 'x-amz-date'] as const;

interface SigningJob {
  readonly plan: SigningPlan;
  readonly payloadHash: string;
}

interface RequiredHeaders {
  readonly credentials: Credentials;
  readonly longDate: string;
  readonly plan: SigningPlan;
}

interface Signed {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signedHeaders: string;
  readonly credentials: Credentials;
  /** Undefined when the signature went into the query. */
  readonly authorization: string | undefined;
}

function hideToken(canonicalRequest: string, sessionToken: string | undefined): string {
  if (sessionToken === undefined || sessionToken === '') return canonicalRequest;
  return canonicalRequest
    .replace(/^x-amz-security-token:.*$/m, 'x-amz-security-token:(hidden)')
    .replace(/([&\n]X-Amz-Security-Token=)[^&\n]*/, '$1(hidden)');
}

/** Without what gives access (gateways.md 2.10). */
function sanitize(path: string): string {
  return path.replace(/([?&]X-Amz-(?:Signature|Security-Token)=)[^&]*/g, '$1*****');
}

function requestIdOf(headers: HeaderMap): { requestId?: string } {
  const requestId = headers.get('x-request-id');
  return requestId === undefined ? {} : { requestId };
}
