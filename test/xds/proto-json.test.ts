import { create } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterSchema, FilterSchema, HttpConnectionManagerSchema, ListenerSchema } from '#xds/generated/messages.js';
import { fromProtoJson, toProtoJson } from '#xds/proto-json.ts';

describe('fromProtoJson', () => {
  test('reads snake_case and camelCase names', () => {
    const snake = fromProtoJson(ClusterSchema, { name: 'a', connect_timeout: '0.25s' });
    expect(snake).toEqual(fromProtoJson(ClusterSchema, { name: 'a', connectTimeout: '0.250s' }));
    expect(snake.connectTimeout).toMatchObject({ seconds: 0n, nanos: 250_000_000 });
  });

  test('refuses an unknown field by name', () => {
    expect(() => fromProtoJson(ClusterSchema, { name: 'a', conect_timeout: '1s' })).toThrow('conect_timeout');
  });

  test('leaves out an unknown field when it reads leniently', () => {
    const json = { name: 'a', conect_timeout: '1s' };
    expect(fromProtoJson(ClusterSchema, json, { strict: false })).toMatchObject({ name: 'a' });
  });

  test('reads filters nested in filters', () => {
    const listener = fromProtoJson(ListenerSchema, {
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: {
                '@type': `type.googleapis.com/${HttpConnectionManagerSchema.typeName}`,
                stat_prefix: 'in',
                http_filters: [
                  {
                    name: 'aws',
                    typed_config: {
                      '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.Config',
                      arn: 'arn:aws:lambda:us-east-1:123456789012:function:cat',
                      payload_passthrough: true,
                    },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(toProtoJson(ListenerSchema, listener))).toContain('"payload_passthrough":true');
  });

  test.each([[{ strict: true }], [{ strict: false }]])('names an unknown type (%j)', (options) => {
    const json = { name: 'x', typed_config: { '@type': 'type.googleapis.com/acme.Filter' } };
    expect(() => fromProtoJson(FilterSchema, json, options)).toThrow('type.googleapis.com/acme.Filter');
  });
});

describe('toProtoJson', () => {
  test('writes proto field names', () => {
    const cluster = create(ClusterSchema, { name: 'a', connectTimeout: { seconds: 10n } });
    expect(toProtoJson(ClusterSchema, cluster)).toEqual({ name: 'a', connect_timeout: '10s' });
  });

  test('shows the type URL of a type it does not know', () => {
    const typeUrl = 'type.googleapis.com/stats.PluginConfig';
    const typedConfig = create(AnySchema, { typeUrl, value: new Uint8Array([8, 1]) });
    const filter = create(FilterSchema, {
      name: 'istio.stats',
      configType: { case: 'typedConfig', value: typedConfig },
    });
    expect(toProtoJson(FilterSchema, filter)).toEqual({ name: 'istio.stats', typed_config: { '@type': typeUrl } });
  });

  test('never throws on a type, whatever its name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/[^/]$/), (name) => {
        const typedConfig = create(AnySchema, { typeUrl: `type.googleapis.com/${name}` });
        const filter = create(FilterSchema, { configType: { case: 'typedConfig', value: typedConfig } });
        expect(toProtoJson(FilterSchema, filter)).toHaveProperty('typed_config');
      }),
    );
  });
});
