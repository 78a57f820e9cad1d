import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import {
  type AwsFailure,
  createErrorAnswer,
  type ErrorAnswer,
  IAM_ERRORS,
  LAMBDA_ERRORS,
  STS_ERRORS,
} from '#mock-aws/errors.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import {
  AUTHENTICATION_FAILURES,
  policyOf,
  type ServiceName,
  type Situation,
} from './support/authentication-failures.ts';

interface Row {
  readonly service: ServiceName;
  readonly case: string;
  readonly status: number;
  readonly code: string | null;
  readonly message_template: string | null;
  readonly body_format: string;
  readonly headers: Readonly<Record<string, string>>;
}

const ROWS = JSON.parse(
  readFileSync(new URL('../../../fixtures/aws-errors/authentication.json', import.meta.url), 'utf8'),
) as Row[];
const FORMS = { lambda: LAMBDA_ERRORS, sts: STS_ERRORS, iam: IAM_ERRORS };
const REQUEST_ID = '01234567-89ab-cdef-0123-456789abcdef';

test('reads every row of Lambda, STS and IAM', () => {
  expect(ROWS).toHaveLength(64);
});

test('has a row for every request it can build', () => {
  expect(Object.keys(AUTHENTICATION_FAILURES).toSorted()).toEqual([...new Set(ROWS.map((row) => row.case))].toSorted());
});

test.each(ROWS)('answers $service $case with $status $code', async (row) => {
  const situation = await AUTHENTICATION_FAILURES[row.case]?.(row.service);
  if (situation === undefined) throw new Error(`No request is built for case "${row.case}"`);
  const failure = fail(row.service, situation);
  expect(failure).toMatchObject({ status: row.status, code: row.code ?? undefined });
  expect(failure.message).toBe(fillIn(row.message_template, situation.values));
  expectAnswer(createErrorAnswer(failure, FORMS[row.service], REQUEST_ID), row, failure.message);
});

/** What AWS would answer: its front end first, then the verifier. */
function fail(service: ServiceName, situation: Situation): AwsFailure {
  const edge = applyEdge(situation.request, { service, hostPolicy: 'aws', frontEnd: 'warn', ...situation.edge });
  if (edge.refusal !== undefined) return edge.refusal;
  const verdict = verifyRequest(edge.request, policyOf(service, situation.policy));
  if (verdict.accepted) throw new Error('The request was accepted');
  return verdict;
}

function fillIn(template: string | null, values: Readonly<Record<string, string>> = {}): string | undefined {
  return template?.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function expectAnswer(answer: ErrorAnswer, row: Row, message: string | undefined): void {
  expect(answer.status).toBe(row.status);
  for (const [name, value] of Object.entries(row.headers)) {
    const at = answer.headers.indexOf(name);
    expect([name, answer.headers[at + 1]]).toEqual([name, value.replace('{uuid}', REQUEST_ID)]);
  }
  expectBody(answer.body.toString('utf8'), row, message);
}

function expectBody(body: string, row: Row, message: string | undefined): void {
  if (row.body_format === 'empty') expect(body).toBe('');
  else if (row.body_format === 'json-message') expect(JSON.parse(body)).toEqual({ message });
  else if (message === undefined) expect(body).not.toContain('<Message>');
  else
    expect(body).toContain(
      `\n    <Code>${row.code}</Code>\n    <Message>${escapeXml(message)}</Message>\n  </Error>\n`,
    );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
