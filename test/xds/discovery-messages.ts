import { create } from '@bufbuild/protobuf';
import { packAny } from '#xds/any-registry.ts';
import type { NamedResource } from '#xds/discovery-server.ts';
import {
  ClusterSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
  NodeSchema,
  type DiscoveryRequest,
  type DiscoveryResponse,
} from '#xds/generated/messages.js';

export const testNode = create(NodeSchema, { id: 'sidecar~10.42.0.5~cat.default~default.svc.cluster.local' });

export function createCluster(name: string): NamedResource {
  return { name, resource: packAny(ClusterSchema, { name }) };
}

export interface RequestFields {
  readonly version?: string;
  readonly nonce?: string;
  readonly names?: readonly string[];
  readonly error?: string;
}

export function createRequest(typeUrl: string, fields: RequestFields = {}): DiscoveryRequest {
  return create(DiscoveryRequestSchema, {
    typeUrl,
    versionInfo: fields.version ?? '',
    responseNonce: fields.nonce ?? '',
    resourceNames: Array.from(fields.names ?? []),
    ...(fields.error === undefined ? {} : { errorDetail: { code: 13, message: fields.error } }),
  });
}

export function createResponse(typeUrl: string, version: string, nonce: string): DiscoveryResponse {
  return create(DiscoveryResponseSchema, { typeUrl, versionInfo: version, nonce });
}
