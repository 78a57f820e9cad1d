import { expect, test } from 'vitest';
import type { RequestTrace } from '#harness/explain/trace-request.ts';
import { describeSigningTime } from '#harness/explain/signing-time.ts';

const SIGNED_AT = Date.parse('2026-01-01T00:00:59Z');

interface Facts {
  readonly stamp: string;
  readonly checkedAfterMs: number;
  readonly callerDate?: string;
}

/** A trace with the fields that time is told from. */
function trace({ stamp, checkedAfterMs, callerDate }: Facts): RequestTrace {
  const head = {
    method: 'POST',
    target: '/',
    httpVersion: '1.1',
    headers: callerDate === undefined ? [] : ['x-amz-date', callerDate],
  } as const;
  const event = { seq: 1, source: 'proxy "a"', at: SIGNED_AT };
  return {
    call: { ...event, type: 'call', call: 1, request: head, to: 'x:80' },
    hops: [],
    signed: {
      ...event,
      type: 'signed',
      filter: 'aws_lambda',
      dialect: 'envoy-1.19',
      request: head,
      canonicalRequest: '',
      stringToSign: `AWS4-HMAC-SHA256\n${stamp}\n20260101/us-east-1/lambda/aws4_request\nhash`,
      signedHeaders: [],
      accessKeyId: 'AKIDEXAMPLE',
    },
    unsigned: undefined,
    verdict: {
      ...event,
      at: SIGNED_AT + checkedAfterMs,
      type: 'verdict',
      service: 'lambda',
      awsRequestId: 'r-1',
      received: head,
      checked: head,
      edgeChanges: [],
      accepted: false,
      status: 403,
    },
  };
}

test('a date that the caller sent is to blame before any clock', () => {
  const told = describeSigningTime(
    trace({ stamp: '20260101T000059Z', checkedAfterMs: 0, callerDate: '20200101T000000Z' }),
  );
  expect(told.story).toMatch(/^The caller's x-amz-date \("20200101T000000Z"\) stayed on the request/);
  expect(told.remedy).toMatch(/^remove x-amz-date/);
});

test('a request that waited after signing tells for how long, and of seconds that were cut off', () => {
  const cut = describeSigningTime(trace({ stamp: '20260101T000000Z', checkedAfterMs: 250_000 }));
  expect(cut.story).toBe(
    'The request reached AWS 4m10s after it was signed, and its time had no seconds (59.0s early)',
  );
  const whole = describeSigningTime(trace({ stamp: '20260101T000059Z', checkedAfterMs: 400_000 }));
  expect(whole.story).toBe('The request reached AWS 6m40s after it was signed');
});

test('a request that was checked at once leaves the clock to blame', () => {
  expect(describeSigningTime(trace({ stamp: '20250101T000000Z', checkedAfterMs: 5 }))).toEqual({});
});
