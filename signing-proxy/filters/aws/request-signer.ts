import { createHmac, hash } from 'node:crypto';
import type { Instant } from '#core/clock.ts';
import { redactRequestHead } from '#core/http-message.ts';
import type { ProxyContext } from '../../context.ts';
import type { Credentials } from '../../credentials/types.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import { toRequestHead } from '../../http/request-head.ts';
import { createCanonicalRequest } from './canonical-request.ts';
import { SigningKeyCache } from './signing-key-cache.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** SHA-256 of no bytes, lower-case hex. */
export const EMPTY_PAYLOAD_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/**
 * Signs requests for one filter with SigV4, imitating the dialect's gateway rather than AWS's own signers.
 *
 * Kept apart from the verifier in `mock-aws` on purpose: one is what a gateway does, the other what AWS checks.
 */
export class RequestSigner {
  readonly #filter: string;
  readonly #context: ProxyContext;
  readonly #keys = new SigningKeyCache();
  #date: { readonly second: number; readonly text: string } | undefined;

  constructor(filter: string, context: ProxyContext) {
    this.#filter = filter;
    this.#context = context;
  }

  /**
   * Adds the signing headers to a request that is otherwise complete. Without credentials it adds the payload hash alone
   * and the request goes out unsigned, as Envoy lets it (gateways.md 3.8).
   *
   * @param payloadHash lower-case hex of SHA-256 over the body that will be sent
   */
  sign(headers: HeaderMap, payloadHash: string, scope: SigningScope): void | Promise<void> {
    headers.set('x-amz-content-sha256', payloadHash);
    const credentials = this.#context.credentials.getCredentials();
    if (credentials instanceof Promise) {
      return credentials.then((found) => this.#finish(headers, found, { ...scope, payloadHash }));
    }
    return this.#finish(headers, credentials, { ...scope, payloadHash });
  }

  #finish(headers: HeaderMap, credentials: Credentials | undefined, job: SigningJob): void {
    if (credentials === undefined) this.#leaveUnsigned(headers);
    else this.#addSignature(headers, credentials, job);
  }

  #leaveUnsigned(headers: HeaderMap): void {
    const { source, timeline } = this.#context;
    const reason = 'no credentials were found';
    timeline.emit({ type: 'left-unsigned', source, filter: this.#filter, reason, ...requestIdOf(headers) });
  }

  #addSignature(headers: HeaderMap, credentials: Credentials, job: SigningJob): void {
    const rules = this.#context.dialect.signing;
    const date = this.#formatDate(this.#context.clock.now());
    if (rules.presentHeaders === 'replaced') headers.remove('authorization');
    this.#put(headers, 'x-amz-security-token', credentials.sessionToken);
    this.#put(headers, 'x-amz-date', date);

    const canonicalRequest = createCanonicalRequest(headers, job.payloadHash, rules);
    const scope = `${date.slice(0, 8)}/${job.region}/${job.service}/aws4_request`;
    const stringToSign = `${ALGORITHM}\n${date}\n${scope}\n${hash('sha256', canonicalRequest.text)}`;
    const signature = this.#computeSignature(stringToSign, credentials, job);
    const authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${canonicalRequest.signedHeaders}, Signature=${signature}`;

    const shown = hideToken(canonicalRequest.text, credentials.sessionToken);
    this.#log(shown, stringToSign, authorization);
    headers.add('authorization', authorization);
    this.#context.timeline.emit({
      type: 'signed',
      source: this.#context.source,
      filter: this.#filter,
      dialect: this.#context.dialect.name,
      request: redactRequestHead(toRequestHead(headers)),
      canonicalRequest: shown,
      stringToSign,
      signedHeaders: canonicalRequest.signedHeaders.split(';'),
      accessKeyId: credentials.accessKeyId,
      ...requestIdOf(headers),
    });
  }

  /** Requests of one second share their date. */
  #formatDate(now: Instant): string {
    const second = Math.floor(now / 1000);
    if (this.#date?.second !== second) this.#date = { second, text: this.#context.dialect.signing.formatDate(now) };
    return this.#date.text;
  }

  /** A token that the caller sent is removed even where the credentials have none, as the later releases do. */
  #put(headers: HeaderMap, name: string, value: string | undefined): void {
    if (this.#context.dialect.signing.presentHeaders === 'replaced') headers.remove(name);
    if (value !== undefined && value !== '') headers.add(name, value);
  }

  #computeSignature(stringToSign: string, { secretAccessKey }: Credentials, { region, service }: SigningJob): string {
    const date = stringToSign.slice(ALGORITHM.length + 1, ALGORITHM.length + 9);
    const key = this.#keys.get({ secretAccessKey, date, region, service });
    return createHmac('sha256', key).update(stringToSign).digest('hex');
  }

  #log(canonicalRequest: string, stringToSign: string, authorization: string): void {
    const { log, dialect } = this.#context;
    const component = dialect.signing.logComponent;
    if (!log.isEnabled('debug', component)) return;
    log.debug(component, `Canonical request:\n${canonicalRequest}`);
    log.debug(component, `String to sign:\n${stringToSign}`);
    log.debug(component, dialect.signing.describeSignature(authorization));
  }
}

interface SigningJob extends SigningScope {
  readonly payloadHash: string;
}

function hideToken(canonicalRequest: string, sessionToken: string | undefined): string {
  if (sessionToken === undefined || sessionToken === '') return canonicalRequest;
  return canonicalRequest.replace(/^x-amz-security-token:.*$/m, 'x-amz-security-token:(hidden)');
}

function requestIdOf(headers: HeaderMap): { requestId?: string } {
  const requestId = headers.get('x-request-id');
  return requestId === undefined ? {} : { requestId };
}
