import { expect, test } from 'vitest';
import * as types from '#xds/resource-types.ts';
import {
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  SecretSchema,
  TypedExtensionConfigSchema,
} from '#xds/generated/messages.js';

test.each([
  [types.CLUSTER_TYPE, 'CDS', ClusterSchema],
  [types.ENDPOINT_TYPE, 'EDS', ClusterLoadAssignmentSchema],
  [types.LISTENER_TYPE, 'LDS', ListenerSchema],
  [types.ROUTE_TYPE, 'RDS', RouteConfigurationSchema],
  [types.SECRET_TYPE, 'SDS', SecretSchema],
  [types.EXTENSION_CONFIG_TYPE, 'ECDS', TypedExtensionConfigSchema],
])('%s is %s and names a generated message', (typeUrl, shortName, schema) => {
  expect(types.getShortName(typeUrl)).toBe(shortName);
  expect(typeUrl).toBe(`type.googleapis.com/${schema.typeName}`);
});

test('a type without a short name goes by its URL', () => {
  expect(types.getShortName('type.googleapis.com/acme.Thing')).toBe('type.googleapis.com/acme.Thing');
});

test('clusters and listeners are wildcard types, routes and unknown types are not', () => {
  const wildcards = [types.CLUSTER_TYPE, types.LISTENER_TYPE, types.ROUTE_TYPE, 'acme'].filter(types.isWildcardType);
  expect(wildcards).toEqual([types.CLUSTER_TYPE, types.LISTENER_TYPE]);
});

test('unknown types are pushed last, in the order given', () => {
  expect(types.sortByPushOrder(['b', types.SECRET_TYPE, 'a', types.ENDPOINT_TYPE])).toEqual([
    types.ENDPOINT_TYPE,
    types.SECRET_TYPE,
    'b',
    'a',
  ]);
});
