import { expect, test } from 'vitest';
import { readRuntimeFlags } from '#harness/proxy-server/read-runtime-flags.ts';
import { BootstrapSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';

test('takes the flags of static layers, the later ones first, whole or nested, as texts or not', () => {
  const layers = [
    { name: 'first', staticLayer: { 'envoy.reloadable_features.one': true, 'envoy.reloadable_features.two': 'true' } },
    { name: 'admin', adminLayer: {} },
    { name: 'later', staticLayer: { envoy: { reloadable_features: { two: 'false', limit: 7 } } } },
  ];
  expect(readRuntimeFlags(fromProtoJson(BootstrapSchema, { layeredRuntime: { layers } }))).toEqual({
    'envoy.reloadable_features.one': true,
    'envoy.reloadable_features.two': false,
  });
});
