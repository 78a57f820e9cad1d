import type { JsonObject } from '@bufbuild/protobuf';

/** What a filter may know of the cluster that a request goes to. */
export interface ClusterFacts {
  readonly name: string;
  /** `filter_metadata` by filter name, such as `com.amazonaws.lambda`. */
  readonly metadata: ReadonlyMap<string, JsonObject>;
}
