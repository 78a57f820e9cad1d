import { ServiceError } from '../service-error.ts';
import { isKnownOperator } from './match-condition.ts';
import { checkResource } from './check-resource.ts';
import type {
  PatternRule,
  Policy,
  PolicyCondition,
  PolicyStatement,
  PrincipalPattern,
  PrincipalRule,
} from './types.ts';

/**
 * Reads a policy that grants permissions: of a role, of a user, of a session.
 *
 * The checks and their order are those of aws.md 4.4.
 *
 * @throws ServiceError `MalformedPolicyDocument`
 */
export function parsePermissionPolicy(text: string): Policy {
  const document = readDocument(parseJson(text, SYNTAX), PERMISSION_FIELDS);
  if (document.version !== CURRENT_VERSION) throw malformed('Policy document must be version 2012-10-17 or greater.');
  for (const { element } of document.statements) checkLegacyForm(element);
  for (const { statement } of document.statements) statement.resource?.patterns.forEach(checkResource);
  for (const { element } of document.statements) checkPresence(element);
  for (const { statement } of document.statements) statement.action.patterns.forEach(checkAction);
  checkSids(document.statements.map(({ element }) => element['Sid']));
  return createPolicy(text, document);
}

/**
 * Reads a trust policy: who may assume a role.
 *
 * @throws ServiceError `MalformedPolicyDocument` (aws.md 4.3)
 */
export function parseTrustPolicy(text: string): Policy {
  const json = parseJson(text, 'This policy contains invalid Json');
  const elements = isObject(json) ? toList(json['Statement']) : [];
  for (const element of elements) {
    for (const field of ['Resource', 'NotResource']) {
      if (isObject(element) && field in element) throw malformed(`Has prohibited field ${field}`);
    }
  }
  const document = readDocument(json, TRUST_FIELDS);
  for (const { statement } of document.statements) {
    if (statement.principal === undefined) throw malformed('Missing required field Principal');
    if (!statement.action.patterns.every((action) => /^sts:/i.test(action))) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
    }
  }
  return createPolicy(text, document);
}

const CURRENT_VERSION = '2012-10-17';
const SYNTAX = 'Syntax errors in policy.';
const DOCUMENT_FIELDS = new Set(['Version', 'Id', 'Statement']);
const COMMON_FIELDS = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition'];
const PERMISSION_FIELDS = new Set([...COMMON_FIELDS, 'Resource', 'NotResource']);
const TRUST_FIELDS = new Set([...COMMON_FIELDS, 'Principal', 'NotPrincipal']);

type JsonObject = Readonly<Record<string, unknown>>;

interface Document {
  readonly version: string | undefined;
  readonly statements: readonly { readonly element: JsonObject; readonly statement: PolicyStatement }[];
}

function createPolicy(text: string, { version, statements }: Document): Policy {
  return {
    text,
    hasVariables: version === CURRENT_VERSION,
    statements: statements.map(({ statement }) => statement),
  };
}

function parseJson(text: string, message: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(message);
  }
}

function readDocument(json: unknown, fields: ReadonlySet<string>): Document {
  if (!isObject(json) || !Object.keys(json).every((field) => DOCUMENT_FIELDS.has(field))) throw malformed(SYNTAX);
  const { Version: version, Id: id, Statement: statement } = json;
  if (version !== undefined && typeof version !== 'string') throw malformed(SYNTAX);
  if (id !== undefined && typeof id !== 'string') throw malformed(SYNTAX);
  const elements = toList(statement);
  if (elements.length === 0) throw malformed(SYNTAX);
  return { version, statements: elements.map((element) => readStatement(element, fields)) };
}

function readStatement(element: unknown, fields: ReadonlySet<string>) {
  if (!isObject(element) || !Object.keys(element).every((field) => fields.has(field))) throw malformed(SYNTAX);
  const { Sid: sid, Effect: effect } = element;
  if (sid !== undefined && typeof sid !== 'string') throw malformed(SYNTAX);
  if (typeof effect !== 'string' || !/^(?:allow|deny)$/i.test(effect)) throw malformed(SYNTAX);
  const statement: PolicyStatement = {
    effect: effect.toLowerCase() === 'deny' ? 'Deny' : 'Allow',
    principal: readPrincipal(element),
    action: readRule(element, 'Action') ?? { isNegated: false, patterns: [] },
    resource: readRule(element, 'Resource'),
    conditions: readConditions(element['Condition']),
  };
  return { element, statement };
}

function readRule(element: JsonObject, name: 'Action' | 'Resource'): PatternRule | undefined {
  const [plain, negated] = [element[name], element[`Not${name}`]];
  if (plain !== undefined && negated !== undefined) throw malformed(SYNTAX);
  const value = plain ?? negated;
  return value === undefined ? undefined : { isNegated: negated !== undefined, patterns: readStrings(value) };
}

function readPrincipal(element: JsonObject): PrincipalRule | undefined {
  const { Principal: plain, NotPrincipal: negated } = element;
  if (plain !== undefined && negated !== undefined) throw malformed(SYNTAX);
  const value = plain ?? negated;
  if (value === undefined) return undefined;
  return { isNegated: negated !== undefined, principals: readPrincipals(value) };
}

const PRINCIPAL_TYPES = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const;

function readPrincipals(value: unknown): PrincipalPattern[] {
  if (value === '*') return [{ type: 'AWS', value }];
  if (!isObject(value)) throw malformed(SYNTAX);
  return Object.entries(value).flatMap(([name, names]) => {
    const type = PRINCIPAL_TYPES.find((known) => known === name);
    if (type === undefined) throw malformed(`Invalid principal in policy: "${name}":"${String(names)}"`);
    return readStrings(names).map((text) => ({ type, value: text }));
  });
}

const OPERATOR = /^(?:(?<set>ForAnyValue|ForAllValues):)?(?<name>\w+?)(?<ifExists>IfExists)?$/i;

function readConditions(value: unknown): PolicyCondition[] {
  if (value === undefined) return [];
  if (!isObject(value)) throw malformed(SYNTAX);
  return Object.entries(value).flatMap(([operator, block]) => readConditionBlock(operator, block));
}

function readConditionBlock(text: string, block: unknown): PolicyCondition[] {
  if (!isObject(block)) throw malformed(SYNTAX);
  const { set, name = '', ifExists } = OPERATOR.exec(text)?.groups ?? {};
  const operator = name.toLowerCase();
  // An unknown operator passes as long as its block is empty (aws.md 4.4).
  if (!isKnownOperator(operator) && Object.keys(block).length > 0) throw malformed(SYNTAX);
  return Object.entries(block).map(([key, value]) => ({
    operator,
    set: set === undefined ? undefined : /any/i.test(set) ? 'ForAnyValue' : 'ForAllValues',
    ifExists: ifExists !== undefined,
    key: key.toLowerCase(),
    values: toList(value).map(readConditionValue),
  }));
}

/** Numbers and booleans may stand without quotes. */
function readConditionValue(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw malformed(SYNTAX);
}

const LEGACY = 'The policy failed legacy parsing';
const DATE =
  /^(?:\d+|\d{2,4}T?|\d{4}-(?:0[1-9]|1[0-2])(?:-\d{2}(?:t\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:z|[+-]\d{2}(?::?\d{2})?)?)?)?)$/i;

function checkLegacyForm(element: JsonObject): void {
  if (element['Effect'] !== 'Allow' && element['Effect'] !== 'Deny') throw malformed(LEGACY);
  for (const { operator, values } of readConditions(element['Condition'])) {
    if (operator.startsWith('date') && !values.every((value) => DATE.test(value))) throw malformed(LEGACY);
  }
}

function checkPresence(element: JsonObject): void {
  const has = (name: string) => toList(element[name] ?? element[`Not${name}`]).length > 0;
  if (!has('Action')) throw malformed('Policy statement must contain actions.');
  if (!has('Resource')) throw malformed('Policy statement must contain resources.');
}

function checkAction(action: string): void {
  if (action === '*') return;
  const [vendor = '', ...rest] = action.split(':');
  if (rest.length === 0) {
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  if (rest.length > 1) throw malformed('Actions/Condition can contain only one colon.');
  if (!/^[\w-]+$/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`);
}

function checkSids(sids: readonly unknown[]): void {
  const named = sids.filter((sid) => typeof sid === 'string' && sid !== '');
  if (new Set(named).size < named.length) {
    throw malformed('Statement IDs (SID) in a single policy must be unique.');
  }
}

function readStrings(value: unknown): string[] {
  const list = toList(value);
  if (!list.every((item) => typeof item === 'string')) throw malformed(SYNTAX);
  return list;
}

function toList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'MalformedPolicyDocument', message });
}
