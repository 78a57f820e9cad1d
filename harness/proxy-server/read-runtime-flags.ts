import type { JsonObject } from '@bufbuild/protobuf';
import type { Bootstrap } from '#xds/generated/messages.js';

/** The flags that the static layers of a bootstrap's `layered_runtime` set; a later layer overrules an earlier one. */
export function readRuntimeFlags({ layeredRuntime }: Bootstrap): Record<string, boolean> {
  const flags: Record<string, boolean> = {};
  for (const { layerSpecifier: layer } of layeredRuntime?.layers ?? [])
    if (layer.case === 'staticLayer') Object.assign(flags, flatten(layer.value, ''));
  return flags;
}

/** Keys may be whole or nested at their dots, and Istio writes values as texts. */
function flatten(values: JsonObject, prefix: string): Record<string, boolean> {
  const flags: Record<string, boolean> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = `${prefix}${key}`;
    if (value === true || value === 'true') flags[name] = true;
    else if (value === false || value === 'false') flags[name] = false;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      Object.assign(flags, flatten(value, `${name}.`));
  }
  return flags;
}
