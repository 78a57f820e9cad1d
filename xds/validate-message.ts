import {
  isFieldSet,
  isMessage,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
  type MessageShape,
} from '@bufbuild/protobuf';
import { createFieldChecks, isRequiredOneof, type FieldChecks, type ValueCheck } from './value-rules.ts';

/**
 * Finds the first value that breaks a validation rule of Envoy's protos, and says so in the words of Envoy's own check:
 * `ClusterValidationError.Name: value length must be at least 1 characters`, with `| caused by` for nested messages.
 * Messages inside an Any are not looked into: whoever unpacks them validates them, as in Envoy.
 *
 * Evidence: assumed. The rules are the protos'; the words follow protoc-gen-validate's templates.
 */
export function findViolation<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
): string | undefined {
  const plan = getPlan(schema);
  for (const step of plan.fields) {
    const problem = checkField(message, step);
    if (problem !== undefined) return `${formatPlace(schema, step.field, problem.item)}: ${problem.text}`;
  }
  const missing = plan.requiredOneofs.find((oneof) => getChoice(message, oneof).case === undefined);
  return missing && `${formatPlace(schema, missing)}: value is required`;
}

interface Problem {
  readonly text: string;
  /** Which item of a list or map. */
  readonly item?: string | number;
}

interface Step {
  readonly field: DescField;
  /** The value of the field; undefined when it is not set and could be told from its default. */
  readonly read: (message: Message) => unknown;
  readonly checks: FieldChecks | undefined;
  /** The message type of the field or its items, unless it is a well-known one. */
  readonly schema: DescMessage | undefined;
}

interface Plan {
  readonly fields: readonly Step[];
  readonly requiredOneofs: readonly DescOneof[];
}

const plans = new WeakMap<DescMessage, Plan>();

function getPlan(schema: DescMessage): Plan {
  const plan = plans.get(schema) ?? createPlan(schema);
  plans.set(schema, plan);
  return plan;
}

function createPlan(schema: DescMessage): Plan {
  const steps = schema.fields.map((field) => ({
    field,
    read: createReader(field),
    checks: createFieldChecks(field),
    schema: getNestedSchema(field),
  }));
  return {
    fields: steps.filter((step) => step.checks !== undefined || step.schema !== undefined),
    requiredOneofs: schema.oneofs.filter(isRequiredOneof),
  };
}

function getNestedSchema(field: DescField): DescMessage | undefined {
  const schema = 'message' in field ? field.message : undefined;
  return schema?.typeName.startsWith('google.protobuf.') === true ? undefined : schema;
}

function checkField(message: Message, step: Step): Problem | undefined {
  const { field, checks } = step;
  const value = step.read(message);
  if (value === undefined) {
    return checks?.isRequired === true && field.oneof === undefined ? { text: 'value is required' } : undefined;
  }
  if (checks?.ignoresEmpty === true && (value === '' || value === 0)) return undefined;
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return checkItems(Object(value) as object, step);
  return toProblem(findFailure(checks?.value, value) ?? findInMessage(step.schema, value));
}

/** Decided once for each field: a route table has tens of thousands of messages. */
function createReader(field: DescField): (message: Message) => unknown {
  const { localName, oneof } = field;
  if (oneof !== undefined) {
    return (message) => {
      const choice = getChoice(message, oneof);
      return choice.case === localName ? choice.value : undefined;
    };
  }
  if (!field.proto.proto3Optional) return (message) => getMember(message, localName);
  return (message) => (isFieldSet(message, field) ? getMember(message, localName) : undefined);
}

function getChoice(message: Message, oneof: DescOneof): { readonly case?: unknown; readonly value?: unknown } {
  return Object(getMember(message, oneof.localName)) as object;
}

function getMember(message: Message, localName: string): unknown {
  return (message as unknown as Readonly<Record<string, unknown>>)[localName];
}

/** Checks a list (an array) or a map (an object): its size, its items, and the keys of a map. */
function checkItems(items: object, step: Step): Problem | undefined {
  return Array.isArray(items) ? checkList(items, step) : checkMap(items, step);
}

function checkList(items: readonly unknown[], { checks, schema }: Step): Problem | undefined {
  const text = findFailure(checks?.value, items.length);
  if (text !== undefined) return { text };
  for (let index = 0; index < items.length; index++) {
    const problem = findFailure(checks?.items, items[index]) ?? findInMessage(schema, items[index]);
    if (problem !== undefined) return { text: problem, item: index };
  }
  return undefined;
}

function checkMap(items: object, { checks, schema }: Step): Problem | undefined {
  const entries = Object.entries(items);
  const text = findFailure(checks?.value, entries.length);
  if (text !== undefined) return { text };
  for (const [key, item] of entries) {
    const problem = findFailure(checks?.items, key) ?? findInMessage(schema, item);
    if (problem !== undefined) return { text: problem, item: key };
  }
  return undefined;
}

function toProblem(text: string | undefined): Problem | undefined {
  return text === undefined ? undefined : { text };
}

function findFailure(checks: readonly ValueCheck[] | undefined, value: unknown): string | undefined {
  for (const check of checks ?? []) {
    const text = check(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

function findInMessage(schema: DescMessage | undefined, value: unknown): string | undefined {
  if (schema === undefined || !isMessage(value)) return undefined;
  const cause = findViolation(schema, value);
  return cause && `embedded message failed validation | caused by ${cause}`;
}

function formatPlace(schema: DescMessage, member: DescField | DescOneof, item?: string | number): string {
  const name = member.name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${schema.name}ValidationError.${name}${item === undefined ? '' : `[${item}]`}`;
}
