import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { CarrierForm, ReceivedRequest, VerifierPolicy } from '#mock-aws/sigv4/types.ts';

const FOLDER = new URL('../../../../fixtures/signing-vectors/', import.meta.url);

/** One official case in one form, read whole. */
export interface SigningVector {
  readonly name: string;
  readonly form: CarrierForm;
  readonly request: ReceivedRequest;
  readonly policy: VerifierPolicy;
  readonly secretAccessKey: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

export function readVectors(): SigningVector[] {
  return readdirSync(FOLDER)
    .filter((name) => existsSync(new URL(`${name}/context.json`, FOLDER)))
    .flatMap((name) => [readVector(name, 'header'), readVector(name, 'query')]);
}

interface Context {
  readonly credentials: { access_key_id: string; secret_access_key: string; token?: string };
  readonly normalize: boolean;
  readonly region: string;
  readonly service: string;
  readonly timestamp: string;
}

function readVector(name: string, form: CarrierForm): SigningVector {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, FOLDER), 'latin1');
  const context = JSON.parse(read('context.json')) as Context;
  return {
    name,
    form,
    request: parseRequest(read(`${form}-signed-request.txt`)),
    policy: createPolicy(context),
    secretAccessKey: context.credentials.secret_access_key,
    canonicalRequest: read(`${form}-canonical-request.txt`),
    stringToSign: read(`${form}-string-to-sign.txt`),
    signature: read(`${form}-signature.txt`),
  };
}

/** The files hold request lines that no client could send: a raw blank or raw UTF-8 in the path. */
function parseRequest(text: string): ReceivedRequest {
  const [head = '', body = ''] = text.split('\n\n', 2);
  const [line = '', ...fields] = head.trimEnd().split('\n');
  const headers = fields.flatMap((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)]);
  return {
    method: line.slice(0, line.indexOf(' ')),
    target: line.slice(line.indexOf(' ') + 1, line.lastIndexOf(' ')),
    httpVersion: '1.1',
    headers,
    body: Buffer.from(body, 'latin1'),
  };
}

function createPolicy({ credentials, normalize, region, service, timestamp }: Context): VerifierPolicy {
  const key = {
    accessKeyId: credentials.access_key_id,
    secretAccessKey: credentials.secret_access_key,
    ...(credentials.token === undefined ? {} : { sessionToken: credentials.token }),
    isActive: true,
    principal: { arn: 'arn:aws:iam::123456789012:user/vector', accountId: '123456789012', userId: 'AIDAVECTOR' },
  };
  return {
    service,
    region,
    now: Date.parse(timestamp),
    windowMinutes: 5,
    family: 'rest-json',
    pathRule: normalize ? 'normalized' : 'raw',
    findAccessKey: (id) => (id === key.accessKeyId ? key : undefined),
    signingKeys: new SigningKeyCache(),
  };
}
