import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes } from '../support/http-rig.ts';

const ROUTES = inlineRoutes(
  { match: { prefix: '/app' }, route: { cluster: 'app' } },
  { match: { prefix: '/unknown' }, route: { cluster: 'unknown' } },
  { match: { prefix: '/redirect' }, redirect: { path_redirect: '/elsewhere' } },
  { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: 'direct' } } },
);

async function call(path: string, config: JsonObject) {
  using rig = createHttpRig({
    manager: { route_config: ROUTES, local_reply_config: config },
    clusters: [createScriptedCluster('app', () => ({ status: 404, body: 'theirs' }))],
  });
  return await rig.call({ path });
}

const ofStatus = (limit: number) => ({
  status_code_filter: { comparison: { op: 'EQ', value: { default_value: limit, runtime_key: 'none' } } },
});
const NOT_FOUND = {
  filter: ofStatus(404),
  status_code: 410,
  body: { inline_string: 'gone' },
  headers_to_add: [{ header: { key: 'x-mapped', value: '%RESPONSE_FLAGS%' } }],
};

test('gives an answer of its own another status, body and headers', async () => {
  const answered = await call('/none', { mappers: [NOT_FOUND] });
  expect(answered).toMatchObject({ status: 410, body: 'gone' });
  expect(answered.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '4', 'x-mapped': 'NR' });
});

test('takes the first mapper that matches', async () => {
  const answered = await call('/none', {
    mappers: [{ ...NOT_FOUND, filter: ofStatus(500) }, { ...NOT_FOUND, status_code: 418 }, NOT_FOUND],
  });
  expect(answered.status).toBe(418);
});

test('leaves answers of an upstream alone', async () => {
  const answered = await call('/app', { mappers: [NOT_FOUND] });
  expect(answered).toMatchObject({ status: 404, body: 'theirs' });
});

test('writes bodies in the common format, after the mapper', async () => {
  const body_format = { json_format: { text: '%LOCAL_REPLY_BODY%', code: '%RESPONSE_CODE%', path: '%REQ(:path)%' } };
  const answered = await call('/none', { mappers: [NOT_FOUND], body_format });
  expect(answered.body).toBe('{"code":410,"path":"/none","text":"gone"}\n');
  expect(answered.headers['content-type']).toBe('application/json');
});

test('prefers the format of the mapper, and its content type', async () => {
  const html = { text_format: '<p>%LOCAL_REPLY_BODY%</p>', content_type: 'text/html' };
  const answered = await call('/direct', {
    mappers: [{ filter: ofStatus(200), body_format_override: html }],
    body_format: { text_format: 'common' },
  });
  expect(answered.body).toBe('<p>direct</p>');
  expect(answered.headers['content-type']).toBe('text/html');
});

test('keeps the location of a redirect', async () => {
  const answered = await call('/redirect', { mappers: [{ filter: ofStatus(301), status_code: 302 }] });
  expect(answered).toMatchObject({ status: 302, body: '' });
  expect(answered.headers['location']).toBe('http://example.com/elsewhere');
});

test('refuses a mapper without a filter, and one whose filter it has not', () => {
  const create = (mapper: JsonObject) => createHttpRig({ manager: { local_reply_config: { mappers: [mapper] } } });
  expect(() => create({ status_code: 410 })).toThrow('ResponseMapper: filter is required');
  expect(() => create({ filter: { grpc_status_filter: {} } })).toThrow('grpcStatusFilter is not supported');
});
