import { createECDH, createHmac, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { toByteString } from './digest.ts';

export const SIGV4A_ALGORITHM = 'AWS4-ECDSA-P256-SHA256';

/** The order of P-256 less two: a larger candidate is no private key. */
const MAX_CANDIDATE = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n - 2n;

/** Whether the owner of an access key made this signature: lower-case hex of DER, over the string to sign. */
export function isSigV4ASignature(
  stringToSign: string,
  signature: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
): boolean {
  if (!/^(?:[0-9a-f]{2})+$/.test(signature)) return false;
  const data = Buffer.from(toByteString(stringToSign), 'latin1');
  const publicKey = createKeyObject(derivePrivateKey(key.accessKeyId, key.secretAccessKey));
  return verify('sha256', data, { key: publicKey, dsaEncoding: 'der' }, Buffer.from(signature, 'hex'));
}

/** Whether a set of regions such as `us-east-1,eu-*` has a region in it. */
export function isInRegionSet(region: string, regionSet: string): boolean {
  return regionSet.split(',').some((pattern) => {
    const [start = '', ...rest] = pattern.trim().split('*');
    if (rest.length === 0) return start === region;
    return region.startsWith(start) && region.endsWith(rest.at(-1) ?? '');
  });
}

/** The key derivation of NIST SP 800-108 in counter mode, with HMAC-SHA256. */
function derivePrivateKey(accessKeyId: string, secretAccessKey: string): Buffer {
  for (let counter = 1; counter < 255; counter++) {
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`)
      .update('\x00\x00\x00\x01', 'latin1')
      .update(`${SIGV4A_ALGORITHM}\x00${accessKeyId}`, 'latin1')
      .update(Uint8Array.of(counter, 0, 0, 1, 0))
      .digest('hex');
    const number = BigInt(`0x${candidate}`);
    if (number <= MAX_CANDIDATE) return Buffer.from((number + 1n).toString(16).padStart(64, '0'), 'hex');
  }
  throw new RangeError(`no private key for ${accessKeyId}`);
}

function createKeyObject(privateKey: Buffer): KeyObject {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(privateKey);
  const point = pair.getPublicKey();
  const x = point.toString('base64url', 1, 33);
  const y = point.toString('base64url', 33);
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
}
