import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CallOptions } from '#harness/backends/backend.ts';
import type { ScenarioTools } from '#harness/scenario.ts';
import { FIRST_KEY } from './lambda-from-istio.ts';

/** The path of an invocation in Lambda's own API. */
export const INVOKE_CAT = '/2015-03-31/functions/hello-world-cat/invocations';
/** Where Lambda is, and what its SDK signs as Host. */
export const LAMBDA_HOST = 'lambda.us-east-1.amazonaws.com';

interface InvocationToSign {
  /** Default: Lambda's own name. */
  readonly host?: string;
  /** On top of what an SDK sends. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Lower-case names of headers that are sent and not signed. */
  readonly unsigned?: readonly string[];
}

/** An invocation of the cat as the SDK signs it: every header it has, its own marks among them. */
export async function signInvocation(
  { clock }: Pick<ScenarioTools, 'clock'>,
  { host = LAMBDA_HOST, headers = {}, unsigned = [] }: InvocationToSign = {},
): Promise<CallOptions> {
  const signer = new SignatureV4({ credentials: FIRST_KEY, region: 'us-east-1', service: 'lambda', sha256: Sha256 });
  const request = {
    method: 'POST',
    protocol: 'https:',
    hostname: host,
    path: INVOKE_CAT,
    headers: { host, 'content-type': 'application/json', 'amz-sdk-request': 'attempt=1; max=3', ...headers },
    body: '{}',
  };
  const signed = await signer.sign(request, {
    signingDate: new Date(clock.now()),
    unsignableHeaders: new Set(unsigned),
  });
  const { host: _, ...others } = signed.headers;
  return { host, headers: others, body: request.body };
}

/** SHA-256 as the SDK's signer takes it. */
class Sha256 {
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = createHash('sha256');
  }
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
