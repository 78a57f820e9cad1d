import type { JsonObject } from '@bufbuild/protobuf';
import { createManager, downstreamTls, routesTo } from '../bootstrap.ts';
import type { CallerTls, ConformanceCase, Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

function direct(body: string): JsonObject {
  return routesTo({ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: body } } });
}

function chain(
  name: string,
  match: JsonObject | undefined,
  identity: 'server' | 'otherServer',
  tls: JsonObject = {},
): JsonObject {
  return {
    name,
    ...(match === undefined ? {} : { filter_chain_match: match }),
    transport_socket: downstreamTls(identity, tls),
    filters: [createManager({ route_config: direct(name) })],
  };
}

const INSPECTOR: JsonObject = {
  name: 'envoy.filters.listener.tls_inspector',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector' },
};

const TRUSTED_CLIENTS: JsonObject = { validation_context: { trusted_ca: { inline_string: '{{root}}' } } };
const ALL_DETAILS: JsonObject = { subject: true, cert: true, chain: true, uri: true, dns: true };

/** A listener that asks for client certificates and passes on what it learns of them. */
function forwarding(mode: string, details: JsonObject = ALL_DETAILS, isRequired = false): { listener: JsonObject } {
  return {
    listener: {
      filter_chains: [
        {
          transport_socket: downstreamTls('server', {
            require_client_certificate: isRequired,
            common_tls_context: TRUSTED_CLIENTS,
          }),
          filters: [
            createManager({
              forward_client_cert_details: mode,
              set_current_client_cert_details: details,
              route_config: routesTo({ match: { prefix: '/' }, route: { cluster: 'plain' } }),
            }),
          ],
        },
      ],
    },
  };
}

function requiring(validation: JsonObject): { listener: JsonObject } {
  return {
    listener: {
      filter_chains: [
        {
          transport_socket: downstreamTls('server', {
            require_client_certificate: true,
            common_tls_context: { validation_context: { trusted_ca: { inline_string: '{{root}}' }, ...validation } },
          }),
          filters: [createManager({ route_config: direct('let in') })],
        },
      ],
    },
  };
}

const MODES = ['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'];
const CLAIMED = 'x-forwarded-client-cert: By=spiffe://claimed;Hash=00';
const WITH_CERTIFICATE: CallerTls = { servername: 'server.example', identity: 'client', maxVersion: 'TLSv1.2' };
const WITHOUT: CallerTls = { servername: 'server.example', maxVersion: 'TLSv1.2' };

const UPSTREAMS = [
  'tls',
  'tls-no-sni',
  'tls-unverified',
  'tls-other-sni',
  'tls-wrong-root',
  'tls-san-matches',
  'tls-san-uri-prefix',
  'tls-san-differs',
  'tls-alpn-h2',
  'tls-auto',
  'tls-auto-sni',
  'tls-to-plain',
  'plain-to-tls',
  'mutual',
  'mutual-stranger',
  'mutual-without-certificate',
];

function sniCase(servername: string | undefined, more: Partial<CallerTls> = {}): ConformanceCase {
  const alpn = more.alpn === undefined ? '' : ` with ALPN ${more.alpn.join(' ')}`;
  return {
    name: `server name ${servername ?? 'none'}${alpn}`,
    listener: 'chains',
    request: get('/'),
    tls: { ...(servername === undefined ? {} : { servername }), ...more },
  };
}

export const tls: Suite = {
  name: 'TLS',
  listeners: {
    chains: {
      listener: {
        listener_filters: [INSPECTOR],
        filter_chains: [
          chain('exact', { server_names: ['server.example'] }, 'server'),
          chain('wildcard', { server_names: ['*.wild.example'] }, 'server'),
          chain('deeper', { server_names: ['*.deep.wild.example'] }, 'server'),
          chain('alpn', { server_names: ['alpn.example'], application_protocols: ['special'] }, 'server', {
            common_tls_context: { alpn_protocols: ['special', 'http/1.1'] },
          }),
          chain('alpn-rest', { server_names: ['alpn.example'] }, 'server', {
            common_tls_context: { alpn_protocols: ['http/1.1'] },
          }),
          {
            name: 'plain',
            filter_chain_match: { transport_protocol: 'raw_buffer' },
            filters: [createManager({ route_config: direct('plain') })],
          },
        ],
      },
    },
    default: {
      listener: {
        listener_filters: [INSPECTOR],
        filter_chains: [chain('exact', { server_names: ['server.example'] }, 'server')],
        default_filter_chain: chain('default', undefined, 'otherServer'),
      },
    },
    versions: {
      listener: {
        filter_chains: [
          chain('only', undefined, 'server', {
            common_tls_context: { tls_params: { tls_minimum_protocol_version: 'TLSv1_3' } },
          }),
        ],
      },
    },
    ...Object.fromEntries(MODES.map((mode) => [mode, forwarding(mode)])),
    'subject-uri': forwarding('SANITIZE_SET', { subject: true, uri: true }),
    'no-details': forwarding('SANITIZE_SET', {}),
    required: requiring({}),
    'required-uri': requiring({
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: 'spiffe://mesh/ns/default/sa/client' } }],
    }),
    'required-other-uri': requiring({
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: 'spiffe://elsewhere/' } }],
    }),
    'required-dns-suffix': requiring({
      match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { suffix: '.example' } }],
    }),
    'required-untrusted': requiring({ trust_chain_verification: 'ACCEPT_UNTRUSTED' }),
    upstreams: {
      manager: {
        route_config: routesTo(...UPSTREAMS.map((cluster) => ({ match: { path: `/${cluster}` }, route: { cluster } }))),
      },
    },
  },
  cases: [
    sniCase('server.example'),
    sniCase('SERVER.example'),
    sniCase('one.wild.example'),
    sniCase('two.deep.wild.example'),
    sniCase('wild.example'),
    sniCase('unknown.example'),
    sniCase(undefined),
    sniCase('alpn.example', { alpn: ['special'] }),
    sniCase('alpn.example', { alpn: ['h2', 'http/1.1'] }),
    sniCase('alpn.example', { alpn: ['unknown'] }),
    sniCase('alpn.example'),
    { name: 'plain text on a listener for TLS', listener: 'chains', request: get('/') },
    { name: 'default chain', listener: 'default', request: get('/'), tls: { servername: 'unknown.example' } },
    { name: 'default chain, plain text', listener: 'default', request: get('/') },
    { name: 'TLS 1.3 asked for', listener: 'versions', request: get('/'), tls: { maxVersion: 'TLSv1.3' } },
    { name: 'TLS 1.2 refused', listener: 'versions', request: get('/'), tls: { maxVersion: 'TLSv1.2' } },
    ...MODES.flatMap((mode) => [
      { name: `${mode}: certificate`, listener: mode, request: get('/'), tls: WITH_CERTIFICATE },
      { name: `${mode}: certificate and a claim`, listener: mode, request: get('/', CLAIMED), tls: WITH_CERTIFICATE },
      { name: `${mode}: no certificate but a claim`, listener: mode, request: get('/', CLAIMED), tls: WITHOUT },
    ]),
    { name: 'subject and URI alone', listener: 'subject-uri', request: get('/'), tls: WITH_CERTIFICATE },
    { name: 'no details', listener: 'no-details', request: get('/'), tls: WITH_CERTIFICATE },
    {
      name: 'certificate not required, of a stranger',
      listener: 'SANITIZE_SET',
      request: get('/'),
      tls: { ...WITH_CERTIFICATE, identity: 'stranger' },
    },
    { name: 'certificate required', listener: 'required', request: get('/'), tls: WITH_CERTIFICATE },
    { name: 'certificate required, none', listener: 'required', request: get('/'), tls: WITHOUT },
    {
      name: 'certificate required, none, TLS 1.3',
      listener: 'required',
      request: get('/'),
      tls: { servername: 'server.example' },
    },
    {
      name: 'certificate required, of a stranger',
      listener: 'required',
      request: get('/'),
      tls: { ...WITH_CERTIFICATE, identity: 'stranger' },
    },
    {
      name: 'certificate required, expired',
      listener: 'required',
      request: get('/'),
      tls: { ...WITH_CERTIFICATE, identity: 'expired' },
    },
    { name: 'certificate with the URI', listener: 'required-uri', request: get('/'), tls: WITH_CERTIFICATE },
    { name: 'certificate without the URI', listener: 'required-other-uri', request: get('/'), tls: WITH_CERTIFICATE },
    {
      name: 'certificate with the DNS suffix',
      listener: 'required-dns-suffix',
      request: get('/'),
      tls: WITH_CERTIFICATE,
    },
    {
      name: 'untrusted certificate accepted',
      listener: 'required-untrusted',
      request: get('/'),
      tls: { ...WITH_CERTIFICATE, identity: 'stranger' },
    },
    { name: 'forwarded proto over TLS', listener: 'SANITIZE', request: get('/'), tls: WITHOUT },
    ...UPSTREAMS.map((cluster) => ({
      name: `upstream ${cluster}`,
      listener: 'upstreams',
      request: get(`/${cluster}`),
    })),
    {
      name: 'upstream tls-auto-sni, host is no name of the certificate',
      listener: 'upstreams',
      request: get('/tls-auto-sni', 'host: elsewhere.example'),
    },
    {
      name: 'upstream tls-auto-sni, host with a port',
      listener: 'upstreams',
      request: get('/tls-auto-sni', 'host: server.example:8443'),
    },
    {
      name: 'upstream tls-auto-sni, host is the name',
      listener: 'upstreams',
      request: get('/tls-auto-sni', 'host: server.example'),
    },
    { name: 'upstream tls, POST', listener: 'upstreams', request: http1('POST /tls', [], 'body') },
  ],
};
