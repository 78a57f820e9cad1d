import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluatePolicies } from '#mock-aws/policy/evaluate-policies.ts';
import { matchesPattern } from '#mock-aws/policy/match-pattern.ts';
import { parsePermissionPolicy, parseTrustPolicy } from '#mock-aws/policy/parse-policy.ts';
import { ServiceError } from '#mock-aws/service-error.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:cat';
const NOW = '2026-01-01T00:00:00Z';

interface Asked {
  readonly action?: string;
  readonly resource?: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

function decide(statements: readonly object[], { action, resource, context = {} }: Asked = {}) {
  const defaults = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FUNCTION };
  const document = { Version: '2012-10-17', Statement: statements.map((statement) => ({ ...defaults, ...statement })) };
  return evaluatePolicies([parsePermissionPolicy(JSON.stringify(document))], {
    action: action ?? 'lambda:InvokeFunction',
    resource: resource ?? FUNCTION,
    context: new Map(Object.entries(context)),
  });
}

test('nothing allows unless it is said', () => {
  expect(decide([{ Action: 'lambda:GetFunction' }])).toBe('implicit-deny');
});

test('a deny wins over an allow, wherever it stands', () => {
  expect(decide([{}, { Effect: 'Deny', Action: '*', Resource: '*' }])).toBe('explicit-deny');
});

const testMatch = (name: string, statement: object, asked: Asked = {}) =>
  test(name, () => expect(decide([statement], asked)).toBe('allowed'));
const testNoMatch = (name: string, statement: object, asked: Asked = {}) =>
  test(name, () => expect(decide([statement], asked)).toBe('implicit-deny'));

testMatch('action names are case-blind', { Action: 'lambda:invokefunction' });
testMatch('a star covers colons and slashes', { Resource: 'arn:aws:lambda:*:*:*cat' });
testNoMatch('resources are case-sensitive', { Resource: FUNCTION.replace('cat', 'Cat') });
testNoMatch('a function does not cover its alias', {}, { resource: `${FUNCTION}:live` });
testNoMatch('a pattern of aliases does not cover the function', { Resource: `${FUNCTION}:*` });
testMatch('NotAction covers all other actions', { Action: undefined, NotAction: 'iam:*' });

const condition = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } });
const facts = (context: Asked['context']): Asked => (context === undefined ? {} : { context });

testMatch(
  'names of condition keys are case-blind',
  condition('StringEquals', 'AWS:UserId', 'a'),
  facts({ 'aws:userid': 'a' }),
);
testMatch('values are alternatives', condition('StringEquals', 'aws:userid', ['b', 'a']), facts({ 'aws:userid': 'a' }));
testNoMatch('a key that is absent fails', condition('StringEquals', 'aws:userid', 'a'));
testMatch('IfExists lets an absent key pass', condition('StringEqualsIfExists', 'aws:userid', 'a'));
testMatch('a negated operator lets an absent key pass', condition('StringNotEquals', 'aws:userid', 'a'));
testNoMatch(
  'a star is no wildcard in StringEquals',
  condition('StringEquals', 'aws:userid', '*'),
  facts({ 'aws:userid': 'a' }),
);
testMatch(
  'StringLike has wildcards',
  condition('StringLike', 'sub', 'system:*:cats:?at'),
  facts({ sub: 'system:sa:cats:cat' }),
);
testMatch('ForAnyValue needs one', condition('ForAnyValue:StringEquals', 'amr', 'x'), facts({ amr: ['y', 'x'] }));
testNoMatch('ForAllValues needs all', condition('ForAllValues:StringEquals', 'amr', 'x'), facts({ amr: ['y', 'x'] }));
testMatch('Null true is a key that is absent', condition('Null', 'amr', 'true'));
testMatch(
  'dates compare',
  condition('DateLessThan', 'aws:currenttime', '2026-06-01T00:00:00Z'),
  facts({ 'aws:currenttime': NOW }),
);
testMatch('numbers compare', condition('NumericGreaterThan', 'size', '9'), facts({ size: '10' }));
testMatch(
  'addresses lie in ranges',
  condition('IpAddress', 'aws:sourceip', '10.0.0.0/8'),
  facts({ 'aws:sourceip': '10.9.8.7' }),
);
testNoMatch(
  'a star of ArnLike stays in its part',
  condition('ArnLike', 'arn', 'arn:aws:*:cat'),
  facts({ arn: FUNCTION }),
);
testMatch(
  'a variable stands for the caller',
  { Resource: 'arn:aws:s3:::home/${aws:username}' },
  { resource: 'arn:aws:s3:::home/tom', context: { 'aws:username': 'tom' } },
);
testNoMatch(
  'a variable without a value matches nothing',
  { Resource: 'arn:aws:s3:::home/${aws:username}' },
  { resource: 'arn:aws:s3:::home/' },
);

const testTrustRefused = (name: string, statement: object | string, message: string) =>
  test(name, () => {
    const text =
      typeof statement === 'string' ? statement : JSON.stringify({ Version: '2012-10-17', Statement: statement });
    expect(() => parseTrustPolicy(text)).toThrow(message);
  });

const TRUST = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
testTrustRefused('a trust policy is JSON', 'nonsense', 'This policy contains invalid Json');
testTrustRefused('a trust policy names no resource', { ...TRUST, Resource: '*' }, 'Has prohibited field Resource');
testTrustRefused(
  'a trust policy is about STS',
  { ...TRUST, Action: 'lambda:InvokeFunction' },
  'AssumeRole policy may only specify STS AssumeRole actions.',
);
testTrustRefused(
  'a principal has a known type',
  { ...TRUST, Principal: { Robot: 'x' } },
  'Invalid principal in policy: "Robot":"x"',
);

const codeOf = (parse: () => unknown) => {
  try {
    parse();
    return 'accepted';
  } catch (error) {
    return error instanceof ServiceError ? error.code : error;
  }
};

test('garbage is malformed, never a crash', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.boolean(), (text, isTrust) => {
      const parse = isTrust ? parseTrustPolicy : parsePermissionPolicy;
      expect(['accepted', 'MalformedPolicyDocument']).toContain(codeOf(() => parse(text)));
    }),
  );
});

test('many stars take no time', () => {
  expect(matchesPattern('*a'.repeat(200), 'a'.repeat(199) + 'b')).toBe(false);
});

test('a pattern agrees with the regular expression that says the same', () => {
  const text = fc.stringMatching(/^[ab:]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab:*?]{0,6}$/);
  fc.assert(
    fc.property(pattern, text, (wanted, received) => {
      const expression = new RegExp(`^${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesPattern(wanted, received)).toBe(expression.test(received));
    }),
  );
});
