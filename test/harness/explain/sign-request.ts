import { computeSignature } from '#mock-aws/sigv4/compute-signature.ts';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { PathRule, ReceivedRequest } from '#mock-aws/sigv4/types.ts';

export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const KEY_ID = 'AKIDEXAMPLE';
export const NOW = Date.UTC(2015, 7, 30, 12, 36);

export interface SignOptions {
  readonly secret?: string;
  readonly region?: string;
  readonly service?: string;
  readonly stamp?: string;
  readonly pathRule?: PathRule;
  readonly payloadHash?: string;
  /** Headers left out of the signature. */
  readonly unsigned?: readonly string[];
}

/** Signs a request in the header form: what a correct signer does, or one with the given fault. */
export function signRequest(request: ReceivedRequest, options: SignOptions = {}): ReceivedRequest {
  const { region = 'us-east-1', service = 'lambda', stamp = '20150830T123600Z' } = options;
  const dated = { ...request, headers: [...request.headers, 'X-Amz-Date', stamp] };
  const names = dated.headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const unsigned = new Set(options.unsigned);
  const signedHeaders = [...new Set(names)].filter((name) => !unsigned.has(name)).toSorted();
  const scope = { day: stamp.slice(0, 8), region, service, terminator: 'aws4_request' };
  const { signature } = computeSignature({
    request: dated,
    secretAccessKey: options.secret ?? SECRET,
    signedHeaders,
    timestamp: stamp,
    scope,
    pathRule: options.pathRule ?? 'normalized',
    form: 'header',
    ...(options.payloadHash === undefined ? {} : { payloadHash: options.payloadHash }),
    signingKeys: new SigningKeyCache(),
  });
  const credential = `${KEY_ID}/${scope.day}/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { ...dated, headers: [...dated.headers, 'Authorization', authorization] };
}

/** An Invoke as a gateway sends it. */
export function createInvoke(overrides: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    method: 'POST',
    target: '/2015-03-31/functions/hello-world-cat/invocations',
    httpVersion: '1.1',
    headers: ['Host', 'r1.example.com', 'Accept', '*/*', 'Content-Type', 'application/json', 'X-Request-Id', 'a-1'],
    body: Buffer.from('{"path":"/cat"}'),
    ...overrides,
  };
}

/** The same request with one header set to another value, added, or removed. */
export function setHeader(request: ReceivedRequest, name: string, value: string | undefined): ReceivedRequest {
  const headers: string[] = [];
  let isFound = false;
  for (let index = 0; index < request.headers.length; index += 2) {
    const [given = '', old = ''] = request.headers.slice(index, index + 2);
    const isIt = given.toLowerCase() === name.toLowerCase();
    isFound ||= isIt;
    if (!isIt) headers.push(given, old);
    else if (value !== undefined) headers.push(given, value);
  }
  if (!isFound && value !== undefined) headers.push(name, value);
  return { ...request, headers };
}
