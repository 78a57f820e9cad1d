import type { NormalizedSchema } from '@smithy/core/schema';
import type { OperationModel, ServiceModel } from './service-model.ts';

/** Reads the members of an operation's input from form parameters (`Tags.member.1.Key=...`). */
export function parseFormInput(
  model: ServiceModel,
  operation: OperationModel,
  parameters: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return readStructure({ model, parameters }, operation.input, '');
}

/** The success document of a query service (aws.md 3.1, 4.1): actions without output have no Result element. */
export function writeQueryAnswer(
  model: ServiceModel,
  operation: OperationModel,
  answer: { readonly output: object; readonly namespace: string; readonly requestId: string },
): string {
  const { name, output: schema } = operation;
  const result = schema.isUnitSchema()
    ? ''
    : `<${name}Result>${model.writeXmlMembers(schema, answer.output)}</${name}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${answer.requestId}</RequestId></ResponseMetadata>`;
  return indentXml(`<${name}Response xmlns="${answer.namespace}">${result}${metadata}</${name}Response>`);
}

/** The same document as JSON, for a caller that accepts `application/json`; times are numbers of seconds. */
export function writeQueryJson(
  model: ServiceModel,
  operation: OperationModel,
  answer: { readonly output: object; readonly requestId: string },
): string {
  const { name, output: schema } = operation;
  const result = schema.isUnitSchema() ? '' : `"${name}Result":${model.writeJson(schema, answer.output)},`;
  return `{"${name}Response":{${result}"ResponseMetadata":{"RequestId":"${answer.requestId}"}}}`;
}

interface FormReader {
  readonly model: ServiceModel;
  readonly parameters: ReadonlyMap<string, string>;
}

function readStructure(reader: FormReader, schema: NormalizedSchema, prefix: string): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const read = readMember(reader, member, prefix + (member.getMergedTraits().xmlName ?? name));
    if (read !== undefined) value[name] = read;
  }
  return value;
}

function readMember(reader: FormReader, schema: NormalizedSchema, key: string): unknown {
  if (schema.isListSchema()) return readList(reader, schema, key);
  if (schema.isStructSchema()) return hasAny(reader, `${key}.`) ? readStructure(reader, schema, `${key}.`) : undefined;
  const text = reader.parameters.get(key);
  return text === undefined ? undefined : reader.model.readText(schema, text);
}

function readList(reader: FormReader, schema: NormalizedSchema, key: string): unknown[] | undefined {
  const item = schema.getValueSchema();
  const isFlat = schema.getMergedTraits().xmlFlattened !== undefined;
  const itemKey = isFlat ? key : `${key}.${item.getMergedTraits().xmlName ?? 'member'}`;
  const items: unknown[] = [];
  for (let index = 1; ; index++) {
    const value = readMember(reader, item, `${itemKey}.${index}`);
    if (value === undefined) break;
    items.push(value);
  }
  return items.length > 0 || reader.parameters.has(key) ? items : undefined;
}

function hasAny(reader: FormReader, prefix: string): boolean {
  for (const key of reader.parameters.keys()) if (key.startsWith(prefix)) return true;
  return false;
}

/** Two blanks per level and a trailing newline, as STS and IAM print. Text never holds `<` or `>`: both are escaped. */
function indentXml(xml: string): string {
  let depth = 0;
  return xml
    .split(/(?<=>)(?=<)/)
    .map((line) => {
      const closesOnly = line.startsWith('</');
      if (closesOnly) depth--;
      const indented = '  '.repeat(depth) + line;
      if (!closesOnly && !line.includes('</') && !line.endsWith('/>')) depth++;
      return `${indented}\n`;
    })
    .join('');
}
