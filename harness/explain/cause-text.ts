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
  /** The function as the request named it: a name or an ARN. */
  readonly functionName?: string;
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
