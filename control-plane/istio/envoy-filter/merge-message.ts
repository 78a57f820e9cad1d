import { clone, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { anyPack, anyUnpack, DurationSchema, type Any } from '@bufbuild/protobuf/wkt';
import { anyRegistry, getTypeName } from '#xds/any-registry.ts';

/**
 * Merges a patch into a message, in place, as Istio does (istio pkg/proto/merge): set fields win, messages merge field by
 * field, lists grow, map entries and durations are replaced. Proto3 cannot tell `false` from unset, so a patch cannot turn
 * a boolean off.
 */
export function mergeMessage<Schema extends DescMessage>(
  schema: Schema,
  target: MessageShape<Schema>,
  patch: MessageShape<Schema>,
): void {
  mergeFields(reflect(schema, target), reflect(schema, clone(schema, patch)));
}

/**
 * Merges what two Anys hold. The patch is read as the target's type, whatever type it names: Istio swaps the type URL so
 * that older names go on working.
 *
 * @returns undefined when either cannot be read
 */
export function mergeAny(target: Any, patch: Any): Any | undefined {
  const schema = anyRegistry.getMessage(getTypeName(target));
  if (schema === undefined) return undefined;
  try {
    const merged = anyUnpack(target, schema);
    const change = anyUnpack({ ...patch, typeUrl: target.typeUrl }, schema);
    if (merged === undefined || change === undefined) return undefined;
    mergeMessage(schema, merged, change);
    return anyPack(schema, merged);
  } catch {
    return undefined;
  }
}

function mergeFields(target: ReflectMessage, patch: ReflectMessage): void {
  for (const field of patch.fields) {
    if (!patch.isSet(field)) continue;
    switch (field.fieldKind) {
      case 'list': {
        const list = target.get(field);
        for (const item of patch.get(field)) list.add(item);
        break;
      }
      case 'map': {
        const map = target.get(field);
        for (const [key, value] of patch.get(field)) map.set(key, value);
        break;
      }
      case 'message':
        target.set(field, mergeMessageField(target.isSet(field) ? target.get(field) : undefined, patch.get(field)));
        break;
      default:
        target.set(field, patch.get(field));
    }
  }
}

// Wrappers and Structs come as copies, so the result is always written back.
function mergeMessageField(target: ReflectMessage | undefined, patch: ReflectMessage): ReflectMessage {
  if (target === undefined || patch.desc.typeName === DurationSchema.typeName) return patch;
  mergeFields(target, patch);
  return target;
}
