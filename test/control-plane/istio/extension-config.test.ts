import { expect, test } from 'vitest';
import { EXTENSION_CONFIG_TYPE } from '#xds/resource-types.ts';
import { createTestMesh, createTestProxy } from '../mesh.ts';

function extension(name: string, config: string, labels = 'httpbin'): string {
  return `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ${name}}
spec:
  workloadSelector: {labels: {app: ${labels}}}
  configPatches:
    - applyTo: EXTENSION_CONFIG
      patch:
        operation: ADD
        value: {name: ${config}, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}}
---
`;
}

test('answers the filters that EnvoyFilters configure for the workload, by name', () => {
  const manifests = extension('one', 'mine') + extension('again', 'mine') + extension('other', 'theirs', 'other');
  const configs = createTestMesh({ manifests }).generate(createTestProxy(), EXTENSION_CONFIG_TYPE, ['mine', 'theirs']);
  expect(configs).toEqual([
    {
      '@type': EXTENSION_CONFIG_TYPE,
      name: 'mine',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors' },
    },
  ]);
});
