import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { eventsOfType } from '#core/timeline.ts';
import { createHttpRig, createScriptedCluster, inlineRoutes, ROUTER } from '../support/http-rig.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3';

const allowing = (exact: string): JsonObject => ({
  rules: {
    policies: {
      'ns[default]-policy[cats]': {
        permissions: [{ header: { name: ':method', string_match: { exact } } }],
        principals: [{ any: true }],
      },
    },
  },
});

const createRig = (filter: JsonObject, route: JsonObject = {}) =>
  createHttpRig({
    clusters: [createScriptedCluster('app')],
    manager: {
      route_config: inlineRoutes({ match: { prefix: '/' }, route: { cluster: 'app' }, ...route }),
      http_filters: [{ name: 'envoy.filters.http.rbac', typed_config: { '@type': `${TYPE}.RBAC`, ...filter } }, ROUTER],
    },
  });

test('refuses what its rules do not allow', async () => {
  using rig = createRig(allowing('GET'));
  expect(await rig.call()).toMatchObject({ status: 200 });
  expect(await rig.call({ method: 'POST' })).toMatchObject({ status: 403, body: 'RBAC: access denied' });
  expect(eventsOfType(rig.context.timeline.events(), 'hop').at(-1)?.answeredLocally).toEqual({
    status: 403,
    flags: '-',
    detail: 'rbac_access_denied_matched_policy[none]',
  });
});

test('allows everything without rules', async () => {
  using rig = createRig({});
  expect(await rig.call({ method: 'POST' })).toMatchObject({ status: 200 });
});

test('takes the rules of a route in place of its own', async () => {
  const rules = { '@type': `${TYPE}.RBACPerRoute`, rbac: allowing('POST') };
  using rig = createRig(allowing('GET'), { typed_per_filter_config: { 'envoy.filters.http.rbac': rules } });
  expect(await rig.call()).toMatchObject({ status: 403 });
  expect(await rig.call({ method: 'POST' })).toMatchObject({ status: 200 });
});

test('is switched off by a route without rules', async () => {
  const none = { '@type': `${TYPE}.RBACPerRoute` };
  using rig = createRig(allowing('PUT'), { typed_per_filter_config: { 'envoy.filters.http.rbac': none } });
  expect(await rig.call()).toMatchObject({ status: 200 });
});
