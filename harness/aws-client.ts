import { SignatureV4 } from '@smithy/signature-v4';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '#core/clock.ts';
import { createNetworkAgent } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { AwsClientConstructor } from './backends/backend.ts';

export interface AwsClientSetup {
  readonly network: Network;
  /** The zone the client calls from. */
  readonly zone: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Instead of the service's public address, such as `http://127.0.0.1:4566`. */
  readonly endpoint?: string;
  /** How to trust the other side of `https`. */
  readonly tls?: ConnectionOptions;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * An unmodified AWS SDK client in the world of a scenario: connections from its network, dates from its clock, ids from its
 * chance. It tries once, because the SDK waits for a second try on the machine's own clock.
 */
export function createAwsClient<Client>(constructor: AwsClientConstructor<Client>, setup: AwsClientSetup): Client {
  const { network, zone, region, credentials, endpoint, tls = {} } = setup;
  const configuration = {
    region,
    credentials,
    maxAttempts: 1,
    signerConstructor: createSignerClass(setup),
    requestHandler: {
      httpAgent: createNetworkAgent(network, zone),
      httpsAgent: createNetworkAgent(network, zone, { tls }),
    },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  // Every client takes these; which further ones it takes is its own affair.
  return new constructor(configuration as never);
}

type SignatureV4Init = ConstructorParameters<typeof SignatureV4>[0];
type SignedRequest = Parameters<SignatureV4['sign']>[0];
type SigningOptions = NonNullable<Parameters<SignatureV4['sign']>[1]>;

/** The SDK's own signer, told the time. The invocation id is drawn here, since it is one of the signed headers. */
function createSignerClass({ clock, random }: AwsClientSetup) {
  return class ScenarioSigner {
    readonly #signer: SignatureV4;

    constructor(init: SignatureV4Init) {
      this.#signer = new SignatureV4(init);
    }

    sign(request: SignedRequest, options: SigningOptions = {}) {
      // The request keeps its identity: the SDK calls methods of it later.
      Object.assign(request, { headers: { ...request.headers, 'amz-sdk-invocation-id': random.uuid() } });
      return this.#signer.sign(request, { ...options, signingDate: new Date(clock.now()) });
    }
  };
}
