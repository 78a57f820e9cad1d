import { getOption, hasOption, toJson, type DescEnum, type DescField, type DescOneof } from '@bufbuild/protobuf';
import { FieldRulesSchema, type FieldRules } from './generated/messages.js';

/** Says what is wrong with a value; undefined when nothing is. */
export type ValueCheck = (value: unknown) => string | undefined;

/** The rules of one kind of value in JSON form: only those that are set. */
type Rules = Readonly<Record<string, unknown>>;

/** What the API's validation rules say about one field. */
export interface FieldChecks {
  readonly isRequired: boolean;
  readonly ignoresEmpty: boolean;
  /** Checks the value, or the number of items of a list or map. */
  readonly value: readonly ValueCheck[];
  /** Checks each item of a list, or each key of a map. */
  readonly items: readonly ValueCheck[];
}

/** Reads the rules that an Envoy proto states about a field (`[(validate.rules).string = {min_len: 1}]`). */
export function createFieldChecks(field: DescField): FieldChecks | undefined {
  const extension = findExtension('rules');
  if (!hasOption(field, extension)) return undefined;
  // In JSON form a rule that is not set is not there, which is what proto2 messages make hard to see.
  const rules = toJson(FieldRulesSchema, getOption(field, extension) as FieldRules, { useProtoFieldName: true });
  return createChecks(rules as Rules, getEnum(field));
}

/** Whether one member of a oneof must be set. */
export function isRequiredOneof(oneof: DescOneof): boolean {
  return hasOption(oneof, findExtension('required'));
}

function findExtension(name: string) {
  const extension = FieldRulesSchema.file.extensions.find((candidate) => candidate.name === name);
  if (extension === undefined) throw new TypeError(`validate.proto has no extension "${name}"`);
  return extension;
}

function getEnum(field: DescField): DescEnum | undefined {
  return field.fieldKind === 'enum' || field.fieldKind === 'list' ? field.enum : undefined;
}

function createChecks(rules: Rules, type: DescEnum | undefined): FieldChecks {
  const [kind = '', details = {}] = Object.entries(rules).find(([name]) => name !== 'message') ?? [];
  const stated = details as Rules;
  const nested = (stated['items'] ?? stated['keys']) as Rules | undefined;
  const message = rules['message'] as Rules | undefined;
  return {
    isRequired: stated['required'] === true || message?.['required'] === true,
    ignoresEmpty: stated['ignore_empty'] === true,
    value: Object.entries(stated).flatMap(([rule, limit]) => createCheck(kind, rule, limit, type) ?? []),
    items: nested === undefined ? [] : createChecks(nested, type).value,
  };
}

function createCheck(kind: string, rule: string, limit: unknown, type: DescEnum | undefined): ValueCheck | undefined {
  switch (kind) {
    case 'string':
    case 'bytes':
      return createTextCheck(rule, limit);
    case 'repeated':
    case 'map':
      return createCountCheck(rule, Number(limit));
    case 'enum':
      return rule === 'defined_only' ? createEnumCheck(type) : createSetCheck(rule, limit);
    case 'bool':
      return (value) => (value === limit ? undefined : `value must equal ${String(limit)}`);
    case 'any':
      return undefined;
    default:
      return createLimitCheck(rule, String(limit));
  }
}

function createTextCheck(rule: string, limit: unknown): ValueCheck | undefined {
  switch (rule) {
    case 'min_len':
      return (value) =>
        hasLength(value, Number(limit)) ? undefined : `value length must be at least ${String(limit)} characters`;
    case 'max_len':
      return (value) =>
        getLength(value) <= Number(limit) ? undefined : `value length must be at most ${String(limit)} characters`;
    case 'max_bytes':
      return (value) =>
        Buffer.byteLength(String(value)) <= Number(limit)
          ? undefined
          : `value length must be at most ${String(limit)} bytes`;
    case 'pattern':
      return createPatternCheck(new RegExp(String(limit), 'u'));
    case 'well_known_regex':
      return createHeaderCheck(limit === 'HTTP_HEADER_NAME' ? HEADER_NAME : HEADER_VALUE);
    default:
      return createSetCheck(rule, limit);
  }
}

// Envoy's protos ask for the lenient form everywhere: a header must not end the line it is on.
const HEADER_NAME = /^[^\0\n\r]+$/;
const HEADER_VALUE = /^[^\0\n\r]*$/;

/** A name that must not be empty has `min_len` beside it; that of a weighted cluster's `cluster_header` may be. */
function createHeaderCheck(pattern: RegExp): ValueCheck {
  const check = createPatternCheck(pattern);
  return (value) => (value === '' ? undefined : check(value));
}

function createPatternCheck(pattern: RegExp): ValueCheck {
  return (value) =>
    pattern.test(String(value)) ? undefined : `value does not match regex pattern "${pattern.source}"`;
}

/** Whether a text is long enough. Characters are counted only where code units leave a doubt. */
function hasLength(value: unknown, minimum: number): boolean {
  return (typeof value === 'string' && value.length >= 2 * minimum) || getLength(value) >= minimum;
}

function getLength(value: unknown): number {
  return value instanceof Uint8Array ? value.length : Array.from(String(value)).length;
}

/** Checks the number of items. */
function createCountCheck(rule: string, limit: number): ValueCheck | undefined {
  switch (rule) {
    case 'min_items':
    case 'min_pairs':
      return (count) => (Number(count) >= limit ? undefined : `value must contain at least ${limit} item(s)`);
    case 'max_items':
      return (count) => (Number(count) <= limit ? undefined : `value must contain no more than ${limit} item(s)`);
    default:
      return undefined;
  }
}

function createEnumCheck(type: DescEnum | undefined): ValueCheck {
  const known = new Set(type?.values.map((value) => value.number));
  return (value) => (known.has(Number(value)) ? undefined : 'value must be one of the defined enum values');
}

function createSetCheck(rule: string, limit: unknown): ValueCheck | undefined {
  if (!Array.isArray(limit)) return undefined;
  const listed = new Set(limit.map(String));
  const text = `list [${Array.from(listed).join(' ')}]`;
  if (rule === 'in') return (value) => (listed.has(String(value)) ? undefined : `value must be in ${text}`);
  if (rule === 'not_in') return (value) => (listed.has(String(value)) ? `value must not be in ${text}` : undefined);
  return undefined;
}

/** Compares numbers; durations are compared in seconds. */
function createLimitCheck(rule: string, text: string): ValueCheck | undefined {
  const limit = Number(text.replace(/s$/, ''));
  switch (rule) {
    case 'gt':
      return (value) => (toNumber(value) > limit ? undefined : `value must be greater than ${text}`);
    case 'gte':
      return (value) => (toNumber(value) >= limit ? undefined : `value must be greater than or equal to ${text}`);
    case 'lt':
      return (value) => (toNumber(value) < limit ? undefined : `value must be less than ${text}`);
    case 'lte':
      return (value) => (toNumber(value) <= limit ? undefined : `value must be less than or equal to ${text}`);
    default:
      return undefined;
  }
}

function toNumber(value: unknown): number {
  return isDuration(value) ? Number(value.seconds) + value.nanos / 1e9 : Number(value);
}

function isDuration(value: unknown): value is { readonly seconds: bigint; readonly nanos: number } {
  return typeof value === 'object' && value !== null && 'seconds' in value && 'nanos' in value;
}
