import { getHeader } from '#core/http-message.ts';
import { isDeepStrictEqual } from 'node:util';
import type { CallResult } from '../../backends/backend.ts';
import { describeAnswer, shorten } from './describe-answer.ts';
import type { MatchOutcome } from './match-outcome.ts';

export function matchStatus(result: CallResult, status: number): MatchOutcome {
  return {
    holds: result.status === status,
    expectation: `status ${status}`,
    finding: describeAnswer(result),
    expected: status,
    actual: result.status,
  };
}

export function matchBody(result: CallResult, body: string | RegExp | object): MatchOutcome {
  const text = result.text();
  if (typeof body === 'string') {
    return {
      holds: text === body,
      expectation: `body ${shorten(body)}`,
      finding: shorten(text),
      expected: body,
      actual: text,
    };
  }
  if (body instanceof RegExp) {
    return { holds: body.test(text), expectation: `body like ${String(body)}`, finding: shorten(text), actual: text };
  }
  const parsed = parseJson(text);
  return {
    holds: isDeepStrictEqual(parsed, body),
    expectation: `JSON ${shorten(JSON.stringify(body))}`,
    finding: shorten(text),
    expected: body,
    actual: parsed,
  };
}

export function matchHeader(result: CallResult, name: string, value: string | RegExp | undefined): MatchOutcome {
  const found = getHeader(result.headers, name);
  const finding = found === undefined ? 'no such header' : `"${found}"`;
  if (value === undefined) return { holds: found !== undefined, expectation: `header "${name}"`, finding };
  const holds = found !== undefined && (typeof value === 'string' ? found === value : value.test(found));
  const wanted = typeof value === 'string' ? `"${value}"` : `like ${String(value)}`;
  return { holds, expectation: `header "${name}" ${wanted}`, finding, expected: value, actual: found };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
