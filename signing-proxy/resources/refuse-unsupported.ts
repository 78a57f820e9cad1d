import type { DescField, DescMessage, MessageShape } from '@bufbuild/protobuf';
import { ConfigError } from '../config-error.ts';
import { UNSUPPORTED_FIELDS } from './unsupported-fields.ts';

/**
 * Refuses a message that asks for something this proxy would not do, so that nothing is left out in silence. What is
 * inside an Any is checked by whoever unpacks it.
 *
 * @throws ConfigError that names the message and the field
 */
export function refuseUnsupported<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): void {
  refuse(message, getPlan(schema));
}

/** What is to look at in messages of one type: only what is unsupported, or may lead to it. */
interface Plan {
  readonly unsupported: readonly { readonly read: Reader; readonly text: string }[];
  readonly nested: readonly { readonly read: Reader; readonly plan: Plan; readonly kind: DescField['fieldKind'] }[];
}

/** Reads a field of a message, which is an object here: a route table has tens of thousands of them. */
type Reader = (message: object) => unknown;

const plans = new Map<DescMessage, Plan>();

function refuse(message: object, { unsupported, nested }: Plan): void {
  for (const { read, text } of unsupported) if (isSaid(read(message))) throw new ConfigError(text);
  for (const { read, kind, plan } of nested) {
    const value = read(message);
    if (typeof value !== 'object' || value === null) continue;
    if (kind === 'message') refuse(value, plan);
    else if (Array.isArray(value)) for (const item of value) refuse(item as object, plan);
    else for (const item of Object.values(value)) refuse(item as object, plan);
  }
}

/** Zero values say nothing: a wrapper that holds `false` asks for what is done anyway. */
function isSaid(value: unknown): boolean {
  if (value === undefined || value === false || value === 0 || value === 0n || value === '') return false;
  return !(Array.isArray(value) || value instanceof Uint8Array) || value.length > 0;
}

/** A plan is there before it is filled, as types may hold themselves. */
function getPlan(schema: DescMessage): Plan {
  const known = plans.get(schema);
  if (known !== undefined) return known;
  const nested: Plan['nested'][number][] = [];
  const plan = { unsupported: listUnsupported(schema), nested };
  plans.set(schema, plan);
  for (const field of schema.fields) {
    if (field.message !== undefined && leadsToUnsupported(field.message))
      nested.push({ read: createReader(field), kind: field.fieldKind, plan: getPlan(field.message) });
  }
  return plan;
}

function listUnsupported(schema: DescMessage): Plan['unsupported'] {
  return (UNSUPPORTED_FIELDS[schema.typeName] ?? []).map((path) => ({
    read: createPathReader(schema, path.split('.')),
    text: `${schema.name}: ${path} is not supported`,
  }));
}

/** @throws TypeError when the message has no such field: the list is wrong */
function createPathReader(schema: DescMessage, [name = '', ...rest]: readonly string[]): Reader {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new TypeError(`${schema.typeName} has no field ${name}`);
  const read = createReader(field);
  if (rest.length === 0 || field.message === undefined) return read;
  const readInner = createPathReader(field.message, rest);
  return (message) => {
    const value = read(message);
    return typeof value === 'object' && value !== null ? readInner(value) : undefined;
  };
}

function createReader({ oneof, localName }: DescField): Reader {
  if (oneof === undefined) return (message) => getMember(message, localName);
  const choiceName = oneof.localName;
  return (message) => {
    const choice = getMember(message, choiceName) as { readonly case?: unknown; readonly value?: unknown };
    return choice.case === localName ? choice.value : undefined;
  };
}

function getMember(message: object, localName: string): unknown {
  return (message as Readonly<Record<string, unknown>>)[localName];
}

const leading = new Map<DescMessage, boolean>();

/** Whether a message of this type, or one inside of it, has a field that is not supported. */
function leadsToUnsupported(schema: DescMessage): boolean {
  const known = leading.get(schema);
  if (known !== undefined) return known;
  const found = new Set([schema]);
  // A set gives what is added while it is walked through, too.
  for (const { fields } of found) for (const { message } of fields) if (message !== undefined) found.add(message);
  const leads = Array.from(found).some(({ typeName }) => typeName in UNSUPPORTED_FIELDS);
  leading.set(schema, leads);
  return leads;
}
