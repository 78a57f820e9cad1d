import { isInIpRange } from './ip-range.ts';
import { matchesPattern } from './match-pattern.ts';
import type { PolicyCondition, PolicyContext } from './types.ts';

export interface ConditionFacts {
  readonly context: PolicyContext;
  /** Whether policy variables are replaced in values. */
  readonly hasVariables: boolean;
}

/** Whether a condition holds for a request (aws.md 4.8). An operator that is not known never holds. */
export function matchesCondition(condition: PolicyCondition, facts: ConditionFacts): boolean {
  const { key, operator, values } = condition;
  const found = facts.context.get(key);
  if (operator === 'null') return values.some((value) => (value === 'true') === (found === undefined));
  const isNegated = NEGATED.has(operator);
  const received = found === undefined ? [] : typeof found === 'string' ? [found] : found;
  if (received.length === 0) return condition.ifExists || isNegated || condition.set === 'ForAllValues';
  const compare = COMPARISONS[isNegated ? operator.replace('not', '') : operator];
  if (compare === undefined) return false;
  const variables = facts.hasVariables ? facts.context : undefined;
  const fits = (value: string) => values.some((wanted) => compare(value, { wanted, variables })) !== isNegated;
  return condition.set === 'ForAllValues' || (isNegated && condition.set === undefined)
    ? received.every(fits)
    : received.some(fits);
}

/** Whether AWS has such an operator; both in lower case. */
export function isKnownOperator(operator: string): boolean {
  return operator === 'null' || NEGATED.has(operator) || COMPARISONS[operator] !== undefined;
}

interface Wanted {
  readonly wanted: string;
  readonly variables: PolicyContext | undefined;
}

type Comparison = (received: string, wanted: Wanted) => boolean;

const NEGATED = new Set([
  'stringnotequals',
  'stringnotequalsignorecase',
  'stringnotlike',
  'arnnotequals',
  'arnnotlike',
  'numericnotequals',
  'datenotequals',
  'notipaddress',
]);

const equals: Comparison = (received, { wanted, variables }) =>
  received === wanted || matchesPattern(escapeWildcards(wanted), received, { variables });

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  stringequals: equals,
  stringequalsignorecase: (received, { wanted, variables }) =>
    equals(received.toLowerCase(), { wanted: wanted.toLowerCase(), variables }),
  stringlike: (received, { wanted, variables }) => matchesPattern(wanted, received, { variables }),
  arnequals: matchesArn,
  arnlike: matchesArn,
  binaryequals: (received, { wanted }) => received === wanted,
  bool: (received, { wanted }) => received.toLowerCase() === wanted.toLowerCase(),
  ipaddress: (received, { wanted }) => isInIpRange(received, wanted),
  ...createOrder('numeric', Number),
  ...createOrder('date', parseDate),
};

function createOrder(prefix: string, read: (text: string) => number): Record<string, Comparison> {
  const on =
    (holds: (received: number, wanted: number) => boolean): Comparison =>
    (received, { wanted }) =>
      holds(read(received), read(wanted));
  return {
    [`${prefix}equals`]: on((received, wanted) => received === wanted),
    [`${prefix}lessthan`]: on((received, wanted) => received < wanted),
    [`${prefix}lessthanequals`]: on((received, wanted) => received <= wanted),
    [`${prefix}greaterthan`]: on((received, wanted) => received > wanted),
    [`${prefix}greaterthanequals`]: on((received, wanted) => received >= wanted),
  };
}

/** ISO 8601, or seconds since the epoch. */
function parseDate(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** In a plain comparison wildcards are characters like any other; variables work all the same. */
function escapeWildcards(text: string): string {
  return text.replace(/\$\{[^}]*\}|[*?]/g, (part) => (part.length === 1 ? `\${${part}}` : part));
}

/** Each of the six parts is matched by itself, so that `*` does not cross a colon. */
function matchesArn(received: string, { wanted, variables }: Wanted): boolean {
  const patterns = splitArn(wanted);
  const parts = splitArn(received);
  return (
    patterns.length === parts.length &&
    patterns.every((pattern, index) => matchesPattern(pattern, parts[index] ?? '', { variables }))
  );
}

function splitArn(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
