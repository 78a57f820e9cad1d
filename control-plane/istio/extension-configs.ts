import type { TypedExtensionConfig } from '#xds/generated/messages.js';
import type { PatchContext, PatchSet } from './envoy-filter/select-patches.ts';

const CONTEXTS: readonly PatchContext[] = ['GATEWAY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND'];

/**
 * The configurations of filters that listeners fetch by name, as EnvoyFilters add them; of one name the first stays (istio
 * `envoyfilter/extension_configuration_patch.go`).
 */
export function generateExtensionConfigs(names: readonly string[], patches: PatchSet): TypedExtensionConfig[] {
  const byName = new Map<string, TypedExtensionConfig>();
  for (const context of CONTEXTS) {
    for (const { operation, value } of patches.of('EXTENSION_CONFIG', context)) {
      if (operation === 'ADD' && names.includes(value.name) && !byName.has(value.name)) byName.set(value.name, value);
    }
  }
  return [...byName.values()];
}
