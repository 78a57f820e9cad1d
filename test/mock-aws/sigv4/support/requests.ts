import { createHash, createHmac } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { RawHeaders } from '#core/http-message.ts';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { AccessKey, ReceivedRequest, VerifierPolicy } from '#mock-aws/sigv4/types.ts';

export const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
export const STAMP = '20260101T120000Z';

const PRINCIPAL = {
  arn: 'arn:aws:iam::123456789012:user/alice',
  accountId: '123456789012',
  userId: 'AIDAALICEEXAMPLE0000',
};

export const ACCESS_KEY: AccessKey = {
  accessKeyId: 'AKIAALICEEXAMPLE0000',
  secretAccessKey: 'alice/secret+EXAMPLEKEY00000000000000000',
  isActive: true,
  principal: PRINCIPAL,
};

export const TEMPORARY_KEY: AccessKey = {
  accessKeyId: 'ASIAALICEEXAMPLE0000',
  secretAccessKey: 'temporary/secret+EXAMPLEKEY0000000000000',
  sessionToken: 'FwoGZXIvYXdzEXAMPLE//////token+with/base64==',
  sessionExpiresAt: NOW + 3_600_000,
  isActive: true,
  principal: PRINCIPAL,
};

/** Lambda's policy, with both keys known. */
export function createPolicy(overrides: Partial<VerifierPolicy> = {}): VerifierPolicy {
  return {
    service: 'lambda',
    region: 'us-east-1',
    now: NOW,
    windowMinutes: 5,
    family: 'rest-json',
    pathRule: 'normalized',
    findAccessKey: (id) => [ACCESS_KEY, TEMPORARY_KEY].find((key) => key.accessKeyId === id),
    signingKeys: new SigningKeyCache(),
    ...overrides,
  };
}

export function createQueryPolicy(service: 'sts' | 'iam', overrides: Partial<VerifierPolicy> = {}): VerifierPolicy {
  return createPolicy({ service, family: 'query', windowMinutes: 15, ...overrides });
}

export interface SigningOptions {
  readonly service?: string;
  readonly region?: string;
  readonly key?: AccessKey;
  readonly at?: number;
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** False signs the path as S3 does. */
  readonly uriEscapePath?: boolean;
}

/** A request signed by the AWS SDK in its Authorization header: an Invoke unless told otherwise. */
export async function signRequest(options: SigningOptions = {}): Promise<ReceivedRequest> {
  const signed = await createSigner(options).sign(createUnsigned(options), {
    signingDate: new Date(options.at ?? NOW),
  });
  return toReceived(signed);
}

/** The same request signed by the AWS SDK in its query string. */
export async function presignRequest(options: SigningOptions = {}): Promise<ReceivedRequest> {
  const signingDate = new Date(options.at ?? NOW);
  return toReceived(await createSigner(options).presign(createUnsigned(options), { signingDate, expiresIn: 60 }));
}

/** The signature of a canonical request written by hand, to judge the verifier by something it did not make. */
export function signByHand(
  canonicalRequest: string | Buffer,
  { key = ACCESS_KEY, service = 'lambda', stamp = STAMP } = {},
): string {
  const scope = [stamp.slice(0, 8), 'us-east-1', service, 'aws4_request'];
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  const stringToSign = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), digest].join('\n');
  let signingKey: string | Buffer = `AWS4${key.secretAccessKey}`;
  for (const part of scope) signingKey = createHmac('sha256', signingKey).update(part).digest();
  return createHmac('sha256', signingKey).update(stringToSign).digest('hex');
}

/** An Authorization header for a signature made by hand. */
export function createAuthorization(
  signedHeaders: string,
  signature: string,
  { key = ACCESS_KEY, service = 'lambda', stamp = STAMP } = {},
): string {
  const credential = `${key.accessKeyId}/${stamp.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

/** Headers with those of one name replaced by others; undefined removes them. */
export function withHeader(request: ReceivedRequest, name: string, ...values: readonly string[]): ReceivedRequest {
  const headers: string[] = [];
  for (let index = 0; index < request.headers.length; index += 2) {
    if (request.headers[index]?.toLowerCase() === name.toLowerCase()) continue;
    headers.push(request.headers[index] ?? '', request.headers[index + 1] ?? '');
  }
  return { ...request, headers: [...headers, ...values.flatMap((value) => [name, value])] };
}

/** The value of the Authorization header. */
export function authorizationOf(request: ReceivedRequest): string {
  const at = request.headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'authorization');
  return request.headers[at + 1] ?? '';
}

function createSigner(options: SigningOptions): SignatureV4 {
  return new SignatureV4({
    service: options.service ?? 'lambda',
    region: options.region ?? 'us-east-1',
    credentials: options.key ?? ACCESS_KEY,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: options.uriEscapePath ?? true,
  });
}

type HttpRequest = Parameters<SignatureV4['sign']>[0];

function createUnsigned(options: SigningOptions): HttpRequest {
  return {
    method: options.method ?? 'POST',
    protocol: 'https:',
    hostname: 'lambda.us-east-1.amazonaws.com',
    path: options.path ?? '/2015-03-31/functions/hello-world-cat/invocations',
    query: options.query ?? {},
    headers: { host: 'lambda.us-east-1.amazonaws.com', ...options.headers },
    body: options.body ?? '{"name":"cat"}',
  };
}

function toReceived({ method, path, query, headers, body }: Awaited<ReturnType<SignatureV4['sign']>>): ReceivedRequest {
  const pairs = Object.entries(query ?? {}).flatMap(([name, values]) =>
    [values ?? ''].flat().map((value) => `${encode(name)}=${encode(value)}`),
  );
  return {
    method,
    target: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    httpVersion: '1.1',
    headers: toRawHeaders(headers),
    body: Buffer.from(body),
  };
}

/** As a client puts them on the wire: UTF-8 bytes, one character each. */
function toRawHeaders(headers: Readonly<Record<string, string>>): RawHeaders {
  return Object.entries(headers).flatMap(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]);
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
