import type { JsonObject } from '@bufbuild/protobuf';
import { ROUTER, routesTo, UPSTREAM_CODEC } from './bootstrap.ts';
import type { Suite } from './types.ts';

/** The keys that both proxies sign with. */
export const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';

function lambda(fields: JsonObject): JsonObject {
  const config = {
    arn: 'arn:aws:lambda:eu-west-1:123456789012:function:cat:live',
    credentials: { access_key_id: KEY.accessKeyId, secret_access_key: KEY.secretAccessKey },
  };
  return { name: 'lambda', typed_config: { '@type': `${TYPES}.aws_lambda.v3.Config`, ...config, ...fields } };
}

function signing(fields: JsonObject): JsonObject {
  const inline = { access_key_id: KEY.accessKeyId, secret_access_key: KEY.secretAccessKey };
  const config = { service_name: 'es', region: 'eu-west-1', credential_provider: { inline_credential: inline } };
  return {
    name: 'signing',
    typed_config: { '@type': `${TYPES}.aws_request_signing.v3.AwsRequestSigning`, ...config, ...fields },
  };
}

function listener(...filters: JsonObject[]) {
  const routes = routesTo({ match: { prefix: '/' }, route: { cluster: 'lambda' } });
  return { manager: { http_filters: [...filters, ROUTER], route_config: routes } };
}

/** The filter behind the router, where it sees what the router has made of the request. */
function upstream(filter: JsonObject) {
  const config = { '@type': `${TYPES}.router.v3.Router`, upstream_http_filters: [filter, UPSTREAM_CODEC] };
  const rewritten = { cluster: 'lambda', prefix_rewrite: '/new/', host_rewrite_literal: 'signed.example' };
  return {
    manager: {
      http_filters: [{ name: 'envoy.filters.http.router', typed_config: config }],
      route_config: routesTo({ match: { prefix: '/' }, route: rewritten }),
    },
  };
}

/** Both filters in every form. `lambda and signing` signs twice. */
export const SIGNING_SUITE: Suite = {
  name: 'signing',
  cases: [],
  listeners: {
    'lambda, JSON': listener(lambda({})),
    'lambda, passthrough': listener(lambda({ payload_passthrough: true })),
    'lambda, asynchronous, host_rewrite': listener(
      lambda({ payload_passthrough: true, invocation_mode: 'ASYNCHRONOUS', host_rewrite: 'lambda.example' }),
    ),
    signing: listener(signing({})),
    'signing, S3': listener(signing({ service_name: 's3' })),
    'signing, unsigned payload': listener(signing({ service_name: 's3', use_unsigned_payload: true })),
    'signing, query': listener(signing({ query_string: { expiration_time: '60s' } })),
    'signing, lists': listener(
      signing({ match_included_headers: [{ prefix: 'x-in' }], match_excluded_headers: [{ prefix: 'x-ex' }] }),
    ),
    'signing, excluded': listener(signing({ match_excluded_headers: [{ prefix: 'x-envoy-' }, { exact: 'cookie' }] })),
    'signing, SigV4A': listener(signing({ signing_algorithm: 'AWS_SIGV4A', region: 'eu-*' })),
    'lambda, upstream': upstream(lambda({})),
    'lambda, upstream, passthrough': upstream(lambda({ payload_passthrough: true })),
    'signing, upstream': upstream(signing({})),
    'signing, upstream, query': upstream(signing({ query_string: { expiration_time: '60s' } })),
    'lambda and signing': listener(lambda({}), signing({ service_name: 'lambda' })),
  },
};
