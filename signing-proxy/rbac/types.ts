import type { HeaderMap } from '../http/header-map.ts';
import type { DownstreamInfo } from '../listeners/types.ts';

/** What an authorisation rule may look at. A connection that is not HTTP has no headers. */
export interface RbacFacts {
  readonly headers: HeaderMap;
  readonly downstream: DownstreamInfo;
  /** The caller's address after `x-forwarded-for` was considered. */
  readonly remoteAddress: string;
}

export type RbacPredicate = (facts: RbacFacts) => boolean;
