import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  AggregatedDiscoveryService,
  AwsLambdaConfig_InvocationMode,
  AwsLambdaConfigSchema,
  HttpConnectionManagerSchema,
  UdpaTypedStructSchema,
} from '#xds/generated/messages.js';
import * as generated from '#xds/generated/messages.js';

const schemas = Object.values(generated).filter(
  (value) => typeof value === 'object' && 'kind' in value && value.kind === 'message',
);

test('every message type has the descriptor of its name', () => {
  expect(schemas.length).toBeGreaterThan(400);
  for (const schema of schemas) {
    expect(schema.toString()).toBe(`message ${schema.typeName}`);
    expect(schema.fields.length).toBe(schema.proto.field.length);
    expect(schema.typeName.endsWith(`.${schema.name}`)).toBe(true);
  }
});

test('every message type makes the round trip', () => {
  for (const schema of schemas) {
    const empty = create(schema);
    expect(fromBinary(schema, toBinary(schema, empty))).toEqual(empty);
  }
});

test('types of the same name in two packages are told apart', () => {
  expect(AwsLambdaConfigSchema.typeName).toBe('envoy.extensions.filters.http.aws_lambda.v3.Config');
  expect(UdpaTypedStructSchema.typeName).toBe('udpa.type.v1.TypedStruct');
});

test('enums map names to numbers and back', () => {
  expect(AwsLambdaConfig_InvocationMode.ASYNCHRONOUS).toBe(1);
  expect(AwsLambdaConfig_InvocationMode[1]).toBe('ASYNCHRONOUS');
});

test('the service knows its messages', () => {
  const { streamAggregatedResources } = AggregatedDiscoveryService.method;
  expect(streamAggregatedResources.input.typeName).toBe('envoy.service.discovery.v3.DiscoveryRequest');
  expect(streamAggregatedResources.methodKind).toBe('bidi_streaming');
});

test('validation rules are kept, other annotations are not', () => {
  const statPrefix = HttpConnectionManagerSchema.fields.find(({ name }) => name === 'stat_prefix');
  expect(statPrefix?.proto.options?.$unknown?.map(({ no }) => no)).toEqual([1071]);
  expect(HttpConnectionManagerSchema.proto.options).toBeUndefined();
});
