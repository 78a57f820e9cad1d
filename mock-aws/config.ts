import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import { createSchemaError, createSyntaxError } from './config/config-error.ts';

const accessKeySchema = z.strictObject({
  accessKeyId: z.string().regex(/^\w{16,128}$/, 'expected 16 to 128 letters, digits or underscores'),
  secretAccessKey: z.string().min(1),
});

const userSchema = z.strictObject({
  name: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'expected 1 to 64 of the characters letters, digits and +=,.@_-'),
  accessKeys: z.array(accessKeySchema).max(2).check(refuseRepeated('accessKeyId')).optional(),
});

const documentSchema = z.record(z.string(), z.json());

const roleSchema = z.strictObject({
  name: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'expected 1 to 64 of the characters letters, digits and +=,.@_-'),
  /** Who may assume it: a policy document. */
  trust: documentSchema,
  /** Inline policies by name. */
  policies: z.record(z.string(), documentSchema).optional(),
  /** ARNs of AWS's own policies that this mock knows. */
  managedPolicies: z.array(z.string()).optional(),
  maxSessionSeconds: z.int().min(3600).max(43_200).optional(),
});

const publishedKeySchema = z.record(z.string(), z.json());

const oidcProviderSchema = z.strictObject({
  url: z.string().regex(/^https:\/\/\S+$/, 'expected an address that begins with https://'),
  clientIds: z.array(z.string()).max(100).optional(),
  thumbprints: z
    .array(z.string().regex(/^[0-9a-fA-F]{40}$/, 'expected 40 hexadecimal digits'))
    .max(5)
    .optional(),
  /** The issuer's keys, instead of those it publishes. */
  keys: z.array(publishedKeySchema).optional(),
});

const lifetimeMs = z.int().min(1000).optional();

const instanceSchema = z.strictObject({
  role: z.string().optional(),
  tokens: z.enum(['optional', 'required']).optional(),
  lifetimeMs,
});

const taskSchema = z.strictObject({
  /** The end of its path, `/v2/credentials/ID`. */
  id: z.string().regex(/^[\w-]+$/, 'expected letters, digits, hyphens or underscores'),
  role: z.string(),
  lifetimeMs,
});

const podIdentitySchema = z.strictObject({
  issuer: z.string(),
  namespace: z.string(),
  serviceAccount: z.string(),
  role: z.string(),
  lifetimeMs,
});

const functionSchema = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z0-9-_]{1,64}$/, 'expected 1 to 64 letters, digits, hyphens or underscores'),
    /** A Node module, run in its own process; relative to the config file. */
    file: z.string().optional(),
    /** The export of `file` to call. */
    handler: z.string().optional(),
    /** What the function answers instead of running a file. */
    response: z.json().optional(),
    timeoutMs: z.int().min(1).max(900_000).optional(),
    memoryMb: z.int().min(128).max(10_240).optional(),
    /** Length of a cold start; functions with a `response` only, as a file takes the time it takes. */
    initMs: z.int().min(0).optional(),
    reservedConcurrency: z.int().min(0).optional(),
    environment: z.record(z.string(), z.string()).optional(),
  })
  .refine(({ file, response }) => (file === undefined) !== (response === undefined), {
    message: 'expected either "file" or "response"',
  });

const configSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'expected a region such as us-east-1')
    .optional(),
  accountId: z
    .string()
    .regex(/^\d{12}$/, 'expected 12 digits in quotes')
    .optional(),
  /** `own-port` takes the server's own port in Host for the default one; `strict` drops every port, as AWS. */
  hostPolicy: z.enum(['own-port', 'strict']).optional(),
  /** How long a change of an access key takes to reach the services. */
  propagationDelayMs: z.int().min(0).optional(),
  users: z.array(userSchema).check(refuseRepeated('name')).optional(),
  roles: z.array(roleSchema).check(refuseRepeated('name')).optional(),
  oidcProviders: z.array(oidcProviderSchema).check(refuseRepeated('url')).optional(),
  /** What the instance metadata service tells, at `/latest/` of the server's address. */
  instance: instanceSchema.optional(),
  /** Tasks of ECS, at `/v2/credentials/ID`. */
  tasks: z.array(taskSchema).check(refuseRepeated('id')).optional(),
  /** Associations of EKS Pod Identity, at `/v1/credentials`. */
  podIdentities: z.array(podIdentitySchema).optional(),
  functions: z.array(functionSchema).check(refuseRepeated('name')).optional(),
});

/** The config file of `meshrig aws`. */
export type MockConfig = z.infer<typeof configSchema>;

/**
 * Reads a config file.
 *
 * @throws MeshrigError `UNREADABLE_FILE`, or `INVALID_CONFIG` with the place of the first mistake
 */
export function loadMockConfig(file: string): MockConfig {
  return parseMockConfig(readText(file), file);
}

/**
 * Parses the text of a config file; `file` is its name in messages. An empty text is an empty config.
 *
 * @throws MeshrigError `INVALID_CONFIG` with file, line, column and the nearest known name
 */
export function parseMockConfig(text: string, file: string): MockConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source = { file, text, document, lines, fieldsOf };
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw createSyntaxError(source, syntaxError.message, syntaxError.pos[0]);
  const parsed = configSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  // A misspelt field is also a missing one; its name says more.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  throw issue === undefined ? parsed.error : createSchemaError(source, issue);
}

/** Two entries of one name are a slip: the second would hide the first. */
function refuseRepeated<Field extends string>(field: Field) {
  return ({ value, issues }: z.core.ParsePayload<Readonly<Record<Field, string>>[]>): void => {
    const names = value.map((entry) => entry[field]);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      const message = `"${name}" is there twice`;
      issues.push({ code: 'custom', message, input: value, path: [index, field] });
    });
  };
}

function fieldsOf(list: string | undefined): string[] {
  const lists: Record<string, object> = {
    users: userSchema.shape,
    accessKeys: accessKeySchema.shape,
    roles: roleSchema.shape,
    oidcProviders: oidcProviderSchema.shape,
    instance: instanceSchema.shape,
    tasks: taskSchema.shape,
    podIdentities: podIdentitySchema.shape,
    functions: functionSchema.shape,
  };
  return Object.keys(lists[list ?? ''] ?? configSchema.shape);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = systemCodeOf(cause) === 'ENOENT' ? 'it does not exist' : messageOf(cause);
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read config "${file}": ${reason}`, { cause });
  }
}
