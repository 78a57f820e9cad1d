import { createRequire } from 'node:module';
import type { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { FromStringShapeDeserializer, JsonShapeDeserializer, JsonShapeSerializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';

/** The services whose wire format is read from the SDK. */
export type ModelledService = 'lambda' | 'iam' | 'sts';

export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Members of the input that must be present. */
  readonly required: readonly string[];
  /** Method, path template and success status; only rest-json services have it. */
  readonly http: readonly [method: string, path: string, status: number] | undefined;
}

/** One service as its SDK client describes it, with the codecs to read and write its shapes. */
export interface ServiceModel {
  readonly operations: ReadonlyMap<string, OperationModel>;
  readJson(schema: NormalizedSchema, value: unknown): unknown;
  writeJson(schema: NormalizedSchema, value: unknown): string;
  /** Reads a value that stands alone: a label, a query value, a header, a form field. */
  readText(schema: NormalizedSchema, text: string): unknown;
  /** The value's members as XML, without the element around them. */
  writeXmlMembers(schema: NormalizedSchema, value: unknown): string;
}

type JsonValue = Parameters<JsonShapeDeserializer['readObject']>[1];
type StaticOperation = readonly [
  kind: 9,
  namespace: string,
  name: string,
  traits: unknown,
  input: SchemaRef,
  output: SchemaRef,
];
type StaticStructure = readonly [
  number,
  string,
  string,
  unknown,
  members: string[],
  schemas: unknown,
  requiredCount?: number,
];
type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

const OPERATION_SCHEMA = 9;
const RFC_3339_TIMESTAMP = 5;
const EPOCH_TIMESTAMP = 7;

const require = createRequire(import.meta.url);
const models = new Map<ModelledService, ServiceModel>();

/**
 * Loads the schemas that the SDK client of a service exports (`GetFunction$` and its like).
 *
 * Loading costs 0.1 to 0.3 s, so it happens when the first request needs it. It is synchronous on purpose: an
 * `import()` would leave the event loop, and a virtual clock could jump while it waits.
 */
export function loadServiceModel(service: ModelledService): ServiceModel {
  const known = models.get(service);
  if (known !== undefined) return known;
  const model = createServiceModel(requireClient(service));
  models.set(service, model);
  return model;
}

function requireClient(service: ModelledService): object {
  return require(`@aws-sdk/client-${service}`) as object;
}

function createServiceModel(client: object): ServiceModel {
  const codecs = createCodecs();
  return {
    operations: collectOperations(client),
    readJson: (schema, value) => codecs.jsonReader.readObject(schema, value as JsonValue),
    readText: (schema, text) => codecs.textReader.read(schema, text),
    writeJson(schema, value) {
      codecs.jsonWriter.write(schema, value);
      return codecs.jsonWriter.flush();
    },
    writeXmlMembers(schema, value) {
      codecs.xmlWriter.write(schema, value);
      return withoutOuterElement(String(codecs.xmlWriter.flush()));
    },
  };
}

function createCodecs(): {
  jsonReader: JsonShapeDeserializer;
  jsonWriter: JsonShapeSerializer;
  textReader: FromStringShapeDeserializer;
  xmlWriter: XmlShapeSerializer;
} {
  const { JsonCodec, XmlCodec } = require('@aws-sdk/core/protocols') as typeof import('@aws-sdk/core/protocols');
  const protocols = require('@smithy/core/protocols') as typeof import('@smithy/core/protocols');
  const json = new JsonCodec({ timestampFormat: { useTrait: true, default: EPOCH_TIMESTAMP }, jsonName: false });
  const dates = { timestampFormat: { useTrait: true, default: RFC_3339_TIMESTAMP } } as const;
  return {
    jsonReader: json.createDeserializer(),
    jsonWriter: json.createSerializer(),
    textReader: new protocols.FromStringShapeDeserializer({ ...dates, httpBindings: true }),
    xmlWriter: new XmlCodec({ ...dates, xmlNamespace: '', serviceNamespace: '' }).createSerializer(),
  };
}

function collectOperations(client: object): Map<string, OperationModel> {
  const { NormalizedSchema: Schema } = require('@smithy/core/schema') as typeof import('@smithy/core/schema');
  const operations = new Map<string, OperationModel>();
  for (const exported of Object.values(client)) {
    if (!isOperation(exported)) continue;
    const [, , name, , input, output] = exported;
    const { http } = Schema.of(exported as unknown as SchemaRef).getOwnTraits();
    const inputSchema = Schema.of(input);
    operations.set(name, {
      name,
      input: inputSchema,
      output: Schema.of(output),
      required: listRequired(inputSchema),
      http,
    });
  }
  return operations;
}

/** A structure's static schema lists its required members first and says how many they are. */
function listRequired(schema: NormalizedSchema): string[] {
  const description = schema.getSchema();
  if (!schema.isStructSchema() || !Array.isArray(description)) return [];
  const [, , , , members, , requiredCount = 0] = description as readonly [...unknown[]] as StaticStructure;
  return members.slice(0, requiredCount);
}

function isOperation(exported: unknown): exported is StaticOperation {
  return Array.isArray(exported) && exported[0] === OPERATION_SCHEMA;
}

function withoutOuterElement(xml: string): string {
  const end = xml.lastIndexOf('</');
  return end === -1 ? '' : xml.slice(xml.indexOf('>') + 1, end);
}
