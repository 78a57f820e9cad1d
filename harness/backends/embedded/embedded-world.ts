import type { Connection } from '#core/connection.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import type { CredentialEndpoint } from '../../topology.ts';
import type { RunContext } from '../backend.ts';
import type { ServiceAccountTokens } from './tokens/service-account-tokens.ts';

/** What the parts of one embedded environment share. */
export interface EmbeddedWorld {
  readonly run: RunContext & { readonly network: MemoryNetwork };
  /** Numbers calls across the environment. */
  readonly nextCallId: () => number;
  /** Hands out addresses of the internet, none twice. */
  readonly nextPublicAddress: () => string;
  /** The authorities that the operating systems of the environment's machines know, PEM. */
  readonly systemRoots: string[];
  /** The AWS region that everything is in. */
  readonly region: string;
  /** The issuers of service-account tokens, one for each KubeCluster that has begun to start. */
  readonly issuers: ServiceAccountTokens[];
  /** Serves a connection to an endpoint that hands out credentials; resets it where there is no AWS. */
  readonly acceptForCredentials: (endpoint: CredentialEndpoint, connection: Connection) => void;
}
