import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { refuseUnsupported } from '#signing-proxy/resources/refuse-unsupported.ts';
import { UNSUPPORTED_FIELDS } from '#signing-proxy/resources/unsupported-fields.ts';
import { anyRegistry } from '#xds/any-registry.ts';
import { ClusterSchema, DownstreamTlsContextSchema, RouteConfigurationSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

const check = (schema: DescMessage, json: JsonValue) => () => refuseUnsupported(schema, fromProtoJson(schema, json));

const inRoute = (route: JsonValue) => ({ virtual_hosts: [{ routes: [{ match: { prefix: '/' }, route }] }] });

test.each([
  [ClusterSchema, { health_checks: [{ timeout: '1s' }] }, 'Cluster: health_checks is not supported'],
  [
    ClusterSchema,
    { common_lb_config: { zone_aware_lb_config: {} } },
    'CommonLbConfig: zone_aware_lb_config is not supported',
  ],
  [
    RouteConfigurationSchema,
    inRoute({ internal_redirect_policy: {} }),
    'RouteAction: internal_redirect_policy is not supported',
  ],
  [RouteConfigurationSchema, inRoute({ priority: 'HIGH' }), 'RouteAction: priority is not supported'],
  [
    RouteConfigurationSchema,
    inRoute({ weighted_clusters: { clusters: [{ cluster_header: 'x' }] } }),
    'ClusterWeight: cluster_header is not supported',
  ],
])('names what is asked for in vain: %#', (schema, json, message) => {
  expect(check(schema, json)).toThrow(message);
});

test('lets through what asks for what is done anyway', () => {
  expect(check(DownstreamTlsContextSchema, { require_sni: false })).not.toThrow();
  expect(check(RouteConfigurationSchema, inRoute({ priority: 'DEFAULT', max_internal_redirects: 0 }))).not.toThrow();
  expect(check(ClusterSchema, { name: 'c', outlier_detection: {} })).not.toThrow();
});

test.each(Object.keys(UNSUPPORTED_FIELDS))('knows every field that is listed of %s', (typeName) => {
  const schema = anyRegistry.getMessage(typeName);
  expect(schema && check(schema, {})).not.toThrow();
});
