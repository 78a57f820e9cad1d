import type { CredentialSource } from './credential-source.ts';

/** What the sentences of a cause are made of. Every field may be unknown. */
export interface CauseFacts {
  /** Lower-case header name, where a header is the cause. */
  readonly header?: string;
  /** Value as signed, and as checked. */
  readonly signed?: string;
  readonly checked?: string;
  /** Who made the change: `proxy "west"`, `aws edge`. */
  readonly changedBy?: string;
  /** Who signed: `proxy "ingress"`. */
  readonly signedBy?: string;
  /** The first proxy the request came by before the signer, such as `proxy "ingress"`, and its route. */
  readonly gateway?: string;
  readonly route?: string;
  readonly accessKeyId?: string;
  /** What AWS or the signer's process says about it. */
  readonly message?: string;
  /** The proxy that answered itself, and the upstream cluster it was calling. */
  readonly answeredBy?: string;
  readonly upstreamCluster?: string;
  /** What to do where no cause is known. */
  readonly advice?: string;
  /** The request that met it: `GET /cat`, and its Host. */
  readonly request?: string;
  readonly authority?: string;
  /** How a signer came to have no keys or old ones, as a clause, and what to do about that. */
  readonly story?: string;
  readonly remedy?: string;
  /** Where the signer looked for keys in vain. */
  readonly credentialSource?: CredentialSource;
  /** The process on the other side of a connection, and the address connected to. */
  readonly peer?: string;
  readonly address?: string;
  /** What a caller asked to connect to, before names were looked up. */
  readonly host?: string;
  /** How long nothing came: `10.0s`. */
  readonly waited?: string;
  /** Who had the request and never passed it on. */
  readonly heldBy?: string;
  /** When each attempt began, counted from the first: `0ms`, `10.0s`. */
  readonly attempts?: readonly string[];
  /** What is wrong with a certificate, as a code: `CERT_HAS_EXPIRED`. */
  readonly certificateCode?: string;
  /** A secret by the name it was asked for: `mtls-credential`. */
  readonly credential?: string;
  /** Whether its name makes it an authority, so that its keys are never sent. */
  readonly isReadAsAuthority?: boolean;
  /** Whether a status had been passed on when time ran out. */
  readonly isBodyUnderWay?: boolean;
  /** What a control plane says of what is missing: `secret istio-system/cats-credential not found`. */
  readonly told?: string;
  /** The function as the request named it: a name or an ARN. */
  readonly functionName?: string;
  /** The status that the caller got. */
  readonly status?: number;
  /** What was changed in Kubernetes: `VirtualService default/httpbin`. */
  readonly change?: string;
  /** The type of resource that a proxy was behind with: `LDS`. */
  readonly resourceType?: string;
  /** The reading that made the signature match. */
  readonly reading?: string;
}

/** Why, as a sentence, and what to do, as a clause. */
export interface CauseText {
  readonly why: (facts: CauseFacts) => string;
  readonly fix: (facts: CauseFacts) => string;
}
