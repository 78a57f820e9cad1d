import { create } from '@bufbuild/protobuf';
import { FieldOptionsSchema, MessageOptionsSchema, OneofOptionsSchema } from '@bufbuild/protobuf/wkt';

// Extension number of (validate.rules), (validate.required), (validate.ignored) and (validate.disabled).
const VALIDATE = new Set([1071, 1072]);

/**
 * Removes from a file descriptor what nothing here reads: language options, Envoy's own annotations, default JSON
 * names, and the imports, which the generated module passes as objects. The validation rules stay.
 */
export function stripFile(proto) {
  delete proto.options;
  delete proto.$unknown;
  proto.dependency = [];
  proto.publicDependency = [];
  proto.weakDependency = [];
  proto.messageType.forEach(stripMessage);
  proto.enumType.forEach(stripEnum);
  for (const service of proto.service) {
    delete service.options;
    for (const method of service.method) delete method.options;
  }
  return proto;
}

function stripMessage(message) {
  message.field.forEach(stripField);
  message.nestedType.forEach(stripMessage);
  message.enumType.forEach(stripEnum);
  message.reservedName = [];
  message.reservedRange = [];
  for (const oneof of message.oneofDecl) keepOptions(oneof, OneofOptionsSchema, []);
  keepOptions(message, MessageOptionsSchema, ['mapEntry']);
}

function stripField(field) {
  delete field.jsonName;
  keepOptions(field, FieldOptionsSchema, ['packed', 'deprecated']);
}

function stripEnum(type) {
  type.reservedName = [];
  type.reservedRange = [];
  delete type.options;
  for (const value of type.value) delete value.options;
}

function keepOptions(owner, schema, names) {
  if (!owner.options) return;
  const kept = create(
    schema,
    Object.fromEntries(names.filter((name) => owner.options[name]).map((name) => [name, true])),
  );
  const rules = owner.options.$unknown?.filter(({ no }) => VALIDATE.has(no)) ?? [];
  if (rules.length) kept.$unknown = rules;
  if (rules.length || names.some((name) => kept[name])) owner.options = kept;
  else delete owner.options;
}
