import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AnySchema, StructSchema, type Any } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { getTypeName, packAny, unpackAny } from '#xds/any-registry.ts';
import { AwsLambdaConfigSchema, ListenerSchema, RouteConfigurationSchema } from '#xds/generated/messages.js';

const unknown: Any = create(AnySchema, { typeUrl: 'type.googleapis.com/stats.PluginConfig', value: new Uint8Array() });

describe('Any', () => {
  test('gives back what was packed', () => {
    const any = packAny(AwsLambdaConfigSchema, { arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat' });
    expect(any.typeUrl).toBe('type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.Config');
    expect(unpackAny(any)).toMatchObject({ arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat' });
  });

  test('unpacks well-known types', () => {
    const any = packAny(StructSchema, { fields: { a: { kind: { case: 'boolValue', value: true } } } });
    expect(unpackAny(any)).toMatchObject({ $typeName: 'google.protobuf.Struct' });
  });

  test('is undefined for an unknown type', () => {
    expect(unpackAny(unknown)).toBeUndefined();
  });

  test('throws on bytes that are not a message of its type', () => {
    const any = create(AnySchema, { typeUrl: packAny(ListenerSchema).typeUrl, value: new Uint8Array([0xff]) });
    expect(() => unpackAny(any)).toThrow('premature EOF');
  });

  test('has a type name after the last slash', () => {
    expect(getTypeName(unknown)).toBe('stats.PluginConfig');
  });
});

test('fields of a newer API survive decoding and encoding', () => {
  const newerField = new Uint8Array([0xfa, 0xff, 0x0f, 0x02, 0x68, 0x69]);
  const known = toBinary(RouteConfigurationSchema, create(RouteConfigurationSchema, { name: '80' }));
  const message = fromBinary(RouteConfigurationSchema, Buffer.concat([known, newerField]));
  expect(message.name).toBe('80');
  expect(Buffer.from(toBinary(RouteConfigurationSchema, message))).toEqual(Buffer.concat([known, newerField]));
});
