import type { JsonObject } from '@bufbuild/protobuf';
import { routesTo } from '../bootstrap.ts';
import type { ConformanceCase, Suite } from '../types.ts';
import { formatRequest } from './requests.ts';

const WATCHED = [
  'watched-by-default',
  'watched-99',
  'watched-100',
  'watched-always-one',
  'watched-not-enforced',
  'watched-gateway-errors',
];

const RETRY = { retry_on: '5xx', num_retries: 2, retry_back_off: { base_interval: '0.001s' } };

function route(cluster: string, more: JsonObject = {}): JsonObject {
  return { match: { path: `/${cluster}` }, route: { cluster, ...more } };
}

/** A request that fails, and another one when the endpoint may have been ejected for it. */
function failThenAsk(cluster: string, status: number): ConformanceCase {
  const bytes = formatRequest(`GET /${cluster}`);
  return {
    name: `${status} of ${cluster}`,
    request: { bytes, pauseMs: 150, rest: bytes },
    answers: [{ status }, { status: 200 }],
  };
}

export const endpoints: Suite = {
  name: 'ejection and retry budgets',
  listeners: {
    routes: {
      manager: {
        route_config: routesTo(
          ...WATCHED.map((cluster) => route(cluster)),
          route('retry-budget', { retry_policy: RETRY }),
        ),
      },
    },
  },
  cases: [
    ...WATCHED.map((cluster) => failThenAsk(cluster, cluster === 'watched-gateway-errors' ? 502 : 500)),
    {
      name: 'no budget for a retry',
      request: { bytes: formatRequest('GET /retry-budget') },
      answers: [{ status: 500 }, { status: 200 }],
      settleMs: 100,
    },
  ],
};
