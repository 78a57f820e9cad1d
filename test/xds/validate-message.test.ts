import type { DescMessage } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  AwsLambdaConfigSchema,
  ClusterSchema,
  FaultDelaySchema,
  HeaderValueSchema,
  HttpConnectionManagerSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  RouteSchema,
  SocketAddressSchema,
  UpstreamTlsContextSchema,
  VirtualHostSchema,
} from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { findViolation } from '#xds/validate-message.ts';

const PREFIX_ROUTE = { match: { prefix: '/' }, route: { cluster: 'a' } };

test.each<[string, DescMessage, unknown, string]>([
  [
    'a text that is too short',
    ClusterSchema,
    {},
    'ClusterValidationError.Name: value length must be at least 1 characters',
  ],
  [
    'a text that is too long',
    UpstreamTlsContextSchema,
    { sni: 'x'.repeat(256) },
    'UpstreamTlsContextValidationError.Sni: value length must be at most 255 bytes',
  ],
  [
    'a duration that is too short',
    ClusterSchema,
    { name: 'a', connect_timeout: '0s' },
    'ClusterValidationError.ConnectTimeout: value must be greater than 0s',
  ],
  [
    'a number that is too large',
    SocketAddressSchema,
    { address: '::', port_value: 65536 },
    'SocketAddressValidationError.PortValue: value must be less than or equal to 65535',
  ],
  [
    'a wrapped number that is too large',
    HttpConnectionManagerSchema,
    { stat_prefix: 'in', max_request_headers_kb: 9000, rds: { config_source: { ads: {} } } },
    'HttpConnectionManagerValidationError.MaxRequestHeadersKb: value must be less than or equal to 8192',
  ],
  ['a missing message', FaultDelaySchema, {}, 'FaultDelayValidationError.FaultDelaySecifier: value is required'],
  [
    'a missing choice',
    HttpConnectionManagerSchema,
    { stat_prefix: 'in' },
    'HttpConnectionManagerValidationError.RouteSpecifier: value is required',
  ],
  [
    'a list that is too short',
    VirtualHostSchema,
    { name: 'a' },
    'VirtualHostValidationError.Domains: value must contain at least 1 item(s)',
  ],
  [
    'a header name with a line end',
    HeaderValueSchema,
    { key: 'a\nb' },
    'HeaderValueValidationError.Key: value does not match regex pattern "^[^\\0\\n\\r]+$"',
  ],
  [
    'an enum value that is not defined',
    AwsLambdaConfigSchema,
    { arn: 'a', invocation_mode: 7 },
    'ConfigValidationError.InvocationMode: value must be one of the defined enum values',
  ],
  [
    'a value in a nested message',
    RouteConfigurationSchema,
    { virtual_hosts: [{ name: 'a', domains: ['*'], routes: [PREFIX_ROUTE, { match: { prefix: '/' }, route: {} }] }] },
    'RouteConfigurationValidationError.VirtualHosts[0]: embedded message failed validation | caused by ' +
      'VirtualHostValidationError.Routes[1]: embedded message failed validation | caused by ' +
      'RouteValidationError.Route: embedded message failed validation | caused by ' +
      'RouteActionValidationError.ClusterSpecifier: value is required',
  ],
])('finds %s', (_, schema, json, text) => {
  expect(findViolation(schema, fromProtoJson(schema, json))).toBe(text);
});

test.each<[string, DescMessage, unknown]>([
  ['a listener without anything', ListenerSchema, {}],
  ['a cluster', ClusterSchema, { name: 'a', connect_timeout: '0.25s', type: 'EDS', eds_cluster_config: {} }],
  ['a route', RouteSchema, PREFIX_ROUTE],
  ['an optional wrapped number that is left out', HttpConnectionManagerSchema, { stat_prefix: 'a', route_config: {} }],
])('accepts %s', (_, schema, json) => {
  expect(findViolation(schema, fromProtoJson(schema, json))).toBeUndefined();
});
