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
  return findNested(schema, message, new Map());
}

/** The message of a type that was last found valid: what `decodeMessage` read from the same bytes is the same message. */
type LastValid = Map<DescMessage, Message>;

function findNested(schema: DescMessage, message: Message, valid: LastValid): string | undefined {
  if (valid.get(schema) === message) return undefined;
  const plan = getPlan(schema);
  for (const planned of plan.steps) {
    const step = 'oneof' in planned ? findMember(message, planned) : planned;
    const problem = step && checkField(message, step, valid);
    if (step !== undefined && problem !== undefined)
      return `${formatPlace(schema, step.field, problem.item)}: ${problem.text}`;
  }
  const missing = plan.requiredOneofs.find((oneof) => getChoice(message, oneof).case === undefined);
  if (missing !== undefined) return `${formatPlace(schema, missing)}: value is required`;
  valid.set(schema, message);
  return undefined;
}

interface Problem {
  readonly text: string;
  /** Which item of a list or map. */
  readonly item?: string | number;
}

interface Step {
  readonly field: DescField;
  readonly name: string;
  /** Whether a value that is not set can be told from its default; then the default is not checked. */
  readonly tellsUnset: boolean;
  readonly checks: FieldChecks | undefined;
  /** The message type of the field or its items, if it may have rules. */
  readonly schema: DescMessage | undefined;
}

/** The members of a oneof by name: at most one is looked at. */
interface OneofStep {
  readonly oneof: DescOneof;
  readonly members: ReadonlyMap<unknown, Step>;
}

interface Plan {
  /** In the order of the fields; a oneof stands where its first member does. */
  readonly steps: readonly (Step | OneofStep)[];
  readonly requiredOneofs: readonly DescOneof[];
}

const plans = new WeakMap<DescMessage, Plan>();

/** Decided once for each type: a route table has tens of thousands of messages. */
function getPlan(schema: DescMessage): Plan {
  const plan = plans.get(schema) ?? createPlan(schema);
  plans.set(schema, plan);
  return plan;
}

function createPlan(schema: DescMessage): Plan {
  const requiredOneofs = schema.oneofs.filter(isRequiredOneof);
  const steps = schema.members.flatMap((member): readonly (Step | OneofStep)[] => {
    if (member.kind === 'field') return [createStep(member)].filter((step) => step !== undefined);
    const members = new Map(
      member.fields.flatMap((field) => {
        const step = createStep(field);
        return step === undefined ? [] : [[field.localName, step] as const];
      }),
    );
    return members.size === 0 ? [] : [{ oneof: member, members }];
  });
  return { steps, requiredOneofs };
}

/** Undefined when there is nothing to check. */
function createStep(field: DescField): Step | undefined {
  const checks = createFieldChecks(field);
  const schema = getNestedSchema(field);
  if (checks === undefined && schema === undefined) return undefined;
  return { field, name: field.localName, tellsUnset: field.proto.proto3Optional, checks, schema };
}

/** Well-known types have no rules. */
function getNestedSchema(field: DescField): DescMessage | undefined {
  const schema = 'message' in field ? field.message : undefined;
  return schema?.typeName.startsWith('google.protobuf.') === true ? undefined : schema;
}

function findMember(message: Message, { oneof, members }: OneofStep): Step | undefined {
  return members.get(getChoice(message, oneof).case);
}

function checkField(message: Message, step: Step, valid: LastValid): Problem | undefined {
  const { field, checks } = step;
  const value = read(message, step);
  if (value === undefined) {
    return checks?.isRequired === true && field.oneof === undefined ? { text: 'value is required' } : undefined;
  }
  if (checks?.ignoresEmpty === true && (value === '' || value === 0)) return undefined;
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return checkItems(Object(value) as object, step, valid);
  return toProblem(findFailure(checks?.value, value) ?? findInMessage(step.schema, value, valid));
}

/** The value of the field; undefined when it is not set and could be told from its default. */
function read(message: Message, { field, name, tellsUnset }: Step): unknown {
  if (field.oneof !== undefined) return getChoice(message, field.oneof).value;
  return tellsUnset && !isFieldSet(message, field) ? undefined : getMember(message, name);
}

function getChoice(message: Message, oneof: DescOneof): { readonly case?: unknown; readonly value?: unknown } {
  return Object(getMember(message, oneof.localName)) as object;
}

function getMember(message: Message, localName: string): unknown {
  return (message as unknown as Readonly<Record<string, unknown>>)[localName];
}

/** Checks a list (an array) or a map (an object): its size, its items, and the keys of a map. */
function checkItems(items: object, step: Step, valid: LastValid): Problem | undefined {
  return Array.isArray(items) ? checkList(items, step, valid) : checkMap(items, step, valid);
}

function checkList(items: readonly unknown[], { checks, schema }: Step, valid: LastValid): Problem | undefined {
  const text = findFailure(checks?.value, items.length);
  if (text !== undefined) return { text };
  for (let index = 0; index < items.length; index++) {
    const problem = findFailure(checks?.items, items[index]) ?? findInMessage(schema, items[index], valid);
    if (problem !== undefined) return { text: problem, item: index };
  }
  return undefined;
}

function checkMap(items: object, { checks, schema }: Step, valid: LastValid): Problem | undefined {
  const entries = Object.entries(items);
  const text = findFailure(checks?.value, entries.length);
  if (text !== undefined) return { text };
  for (const [key, item] of entries) {
    const problem = findFailure(checks?.items, key) ?? findInMessage(schema, item, valid);
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

function findInMessage(schema: DescMessage | undefined, value: unknown, valid: LastValid): string | undefined {
  if (schema === undefined || !isMessage(value)) return undefined;
  const cause = findNested(schema, value, valid);
  return cause && `embedded message failed validation | caused by ${cause}`;
}

function formatPlace(schema: DescMessage, member: DescField | DescOneof, item?: string | number): string {
  const name = member.name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${schema.name}ValidationError.${name}${item === undefined ? '' : `[${item}]`}`;
}
