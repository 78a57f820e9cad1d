import type { SignatureMaker } from './signature-maker.ts';
import { SigningKeyCache } from './signing-key-cache.ts';

/** HMAC with a key that is good for one day, region and service. */
export function createSigV4(): SignatureMaker {
  const keys = new SigningKeyCache();
  return {
    algorithm: 'AWS4-HMAC-SHA256',
    hasRegionSet: false,
    createCredentialScope: ({ date, region, service }) => `${date}/${region}/${service}/aws4_request`,
    createSignature(stringToSign, { secretAccessKey }, { date, region, service }) {
      return keys.get({ secretAccessKey, date, region, service }).sign(stringToSign);
    },
  };
}
