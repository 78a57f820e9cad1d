import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  ClusterSchema,
  FilterChainSchema,
  FilterSchema,
  HttpFilterSchema,
  ListenerFilterSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  RouteSchema,
  TypedExtensionConfigSchema,
  VirtualHostSchema,
} from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import type { ConfigPatch, PATCH_TARGETS } from '../../kube/schemas/envoy-filter.ts';

/** What a patch applies to, in the words of an EnvoyFilter's `applyTo`. */
export type PatchTarget = (typeof PATCH_TARGETS)[number];

/** The message that a patch's value is. */
const PATCH_SCHEMAS = {
  LISTENER: ListenerSchema,
  LISTENER_FILTER: ListenerFilterSchema,
  FILTER_CHAIN: FilterChainSchema,
  NETWORK_FILTER: FilterSchema,
  HTTP_FILTER: HttpFilterSchema,
  ROUTE_CONFIGURATION: RouteConfigurationSchema,
  VIRTUAL_HOST: VirtualHostSchema,
  HTTP_ROUTE: RouteSchema,
  CLUSTER: ClusterSchema,
  EXTENSION_CONFIG: TypedExtensionConfigSchema,
} as const satisfies Record<PatchTarget, DescMessage>;

export type PatchValue<Target extends PatchTarget> = MessageShape<(typeof PATCH_SCHEMAS)[Target]>;

/**
 * Reads a patch's value as the message it stands for. Fields that the message does not have are passed over, as istiod
 * does (istio pilot/pkg/model/envoyfilter.go).
 *
 * @throws Error when a value does not fit its field, or an `@type` is unknown
 */
export function parsePatchValue<Target extends PatchTarget>(
  target: Target,
  value: ConfigPatch['patch']['value'],
): PatchValue<Target> {
  const schema: (typeof PATCH_SCHEMAS)[Target] = PATCH_SCHEMAS[target];
  return value === undefined ? create(schema) : fromProtoJson(schema, value, { strict: false });
}
