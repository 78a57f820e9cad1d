import { envoy128 } from './envoy-1.28.ts';
import type { Dialect } from './types.ts';

const ASYNC_CLIENT_FLAG = 'envoy.reloadable_features.use_http_client_to_fetch_aws_credentials';
const HOUR_MS = 3_600_000;

/** Envoy 1.29, the proxy of Istio 1.21: what changed since 1.28. */
export const envoy129: Dialect = {
  ...envoy128,
  name: 'envoy-1.29',
  signing: {
    ...envoy128.signing,
    // From 1.29: gateways.md 2.8.
    options: new Set([...envoy128.signing.options, 'signing_algorithm']),
  },
  credentials: {
    ...envoy128.credentials,
    // Web identity, with the asynchronous client alone: gateways.md 3.1.
    chain: ['environment', 'credentials-file', 'web-identity', 'container', 'instance-metadata-v2'],
    usesAsyncClient: (flags) => flags[ASYNC_CLIENT_FLAG] ?? false,
    // From 1.29: gateways.md 3.3, envoyproxy/envoy#31413.
    locateCredentialsFile: (home) => `${home}/.aws/credentials`,
    // The hour is multiplied by 3600 twice in 1.29 and 1.30: gateways.md 3.8, envoyproxy/envoy#34138.
    defaultRefreshMs: 3_600 * HOUR_MS - 5_000,
  },
};
