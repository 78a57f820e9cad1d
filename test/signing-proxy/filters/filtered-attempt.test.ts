import { EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { FilteredAttempt } from '#signing-proxy/filters/router/filtered-attempt.ts';
import type { FilteredRequest, UpstreamFilter } from '#signing-proxy/filters/filter.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { PAYLOAD_TOO_LARGE } from '#signing-proxy/http/local-reply.ts';
import { RequestBody } from '#signing-proxy/http/request-body.ts';
import { Abandonment } from '#signing-proxy/upstreams/abandonment.ts';

function createRequest(body?: Buffer): FilteredRequest {
  return {
    logPrefix: '',
    headers: HeaderMap.from([[':method', 'POST']]),
    body: new RequestBody(body, { limitBytes: 10, findTrailers: () => undefined }),
    route: undefined,
    cluster: undefined,
  };
}

function createAttempt(request: FilteredRequest, handleRequest: UpstreamFilter['handleRequest']): FilteredAttempt {
  return new FilteredAttempt(request, [
    { filter: { name: 'f', handleRequest }, canonicalName: 'f', isDisabled: false },
  ]);
}

const answer = (body: Readable | Buffer) => ({
  headers: HeaderMap.from([[':status', '200']]),
  body,
  trailers: undefined,
  endpoint: { host: '10.0.0.1', port: 443 },
});

test('an attempt that is given up while its filter waits for keys signs nothing when they come', async () => {
  const request = createRequest();
  const keys = new EventEmitter();
  const attempt = createAttempt(request, async ({ headers }) => {
    await once(keys, 'found');
    headers.set('authorization', 'late');
  });
  const abandonment = new Abandonment();
  const prepared = attempt.prepare(abandonment);
  abandonment.abort(new Error('per try timeout'));
  await expect(prepared).rejects.toThrow('per try timeout');
  keys.emit('found');
  await new Promise((resolve) => setImmediate(resolve));
  expect(request.headers.has('authorization')).toBe(false);
});

test('what a filter does to the headers stays for the next attempt, and what it does to the body does not', async () => {
  const request = createRequest(Buffer.from('sent'));
  const attempt = createAttempt(request, ({ headers, body }) => {
    headers.set('x-attempt', '1');
    body.replace(Buffer.from('replaced'));
    return undefined;
  });
  await attempt.prepare(new Abandonment());
  expect(request.headers.get('x-attempt')).toBe('1');
  expect([attempt.body.content, request.body.content].map(String)).toEqual(['replaced', 'sent']);
});

test('an answer of a filter goes to the caller', async () => {
  const attempt = createAttempt(createRequest(), () => PAYLOAD_TOO_LARGE);
  await expect(attempt.prepare(new Abandonment())).rejects.toMatchObject({ reply: PAYLOAD_TOO_LARGE });
});

test('an answer that no filter wants to see passes as it is; one that is too large for a filter does not', async () => {
  const indifferent = createAttempt(createRequest(), () => undefined);
  await indifferent.prepare(new Abandonment());
  const small = answer(Buffer.from('small'));
  expect(await indifferent.receive(small)).toBe(small);

  const curious = createAttempt(createRequest(), () => async (response) => {
    response.replaceBody(Buffer.concat([await response.readBody(), Buffer.from('!')]));
  });
  await curious.prepare(new Abandonment());
  expect((await curious.receive(small)).body).toEqual(Buffer.from('small!'));
  await expect(curious.receive(answer(Buffer.alloc(11)))).rejects.toMatchObject({ reply: { status: 500 } });
});
