import type { JsonObject } from '@bufbuild/protobuf';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

function redirect(prefix: string, action: JsonObject): JsonObject {
  return { match: { prefix }, redirect: action };
}

export const redirects: Suite = {
  name: 'redirects and direct responses',
  listeners: {
    redirects: {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'secure',
              domains: ['secure.example'],
              require_tls: 'ALL',
              routes: [{ match: { prefix: '/' }, route: { cluster: 'plain' } }],
            },
            {
              name: 'external',
              domains: ['external.example'],
              require_tls: 'EXTERNAL_ONLY',
              routes: [{ match: { prefix: '/' }, route: { cluster: 'plain' } }],
            },
            {
              name: 'all',
              domains: ['*'],
              response_headers_to_add: [{ header: { key: 'x-host', value: 'added' } }],
              routes: [
                redirect('/host', { host_redirect: 'new.example' }),
                redirect('/path', { path_redirect: '/elsewhere' }),
                redirect('/path-query', { path_redirect: '/elsewhere?fixed=1' }),
                redirect('/prefix', { prefix_rewrite: '/new' }),
                redirect('/https', { https_redirect: true }),
                redirect('/scheme', { scheme_redirect: 'ftp' }),
                redirect('/port', { port_redirect: 8443 }),
                redirect('/both', {
                  https_redirect: true,
                  host_redirect: 'new.example',
                  path_redirect: '/a',
                  port_redirect: 444,
                }),
                redirect('/found', { host_redirect: 'new.example', response_code: 'FOUND' }),
                redirect('/see-other', { host_redirect: 'new.example', response_code: 'SEE_OTHER' }),
                redirect('/temporary', { host_redirect: 'new.example', response_code: 'TEMPORARY_REDIRECT' }),
                redirect('/permanent', { host_redirect: 'new.example', response_code: 'PERMANENT_REDIRECT' }),
                redirect('/strip', { host_redirect: 'new.example', strip_query: true }),
                {
                  match: { safe_regex: { regex: '/regex/.*' } },
                  redirect: {
                    regex_rewrite: { pattern: { regex: '^/regex/([^/]+)/(.*)$' }, substitution: '/\\2/\\1' },
                  },
                },
                { match: { prefix: '/direct-empty' }, direct_response: { status: 204 } },
                {
                  match: { prefix: '/direct-403' },
                  direct_response: { status: 403, body: { inline_string: 'no entry' } },
                },
                {
                  match: { prefix: '/direct-bytes' },
                  direct_response: { status: 200, body: { inline_bytes: Buffer.from('bytes').toString('base64') } },
                },
                {
                  match: { prefix: '/direct-json' },
                  direct_response: { status: 200, body: { inline_string: '{}' } },
                  response_headers_to_add: [
                    {
                      header: { key: 'content-type', value: 'application/json' },
                      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
                    },
                  ],
                },
                { match: { prefix: '/direct-404' }, direct_response: { status: 404 } },
                {
                  match: { prefix: '/direct-added' },
                  direct_response: { status: 200, body: { inline_string: 'x' } },
                  response_headers_to_add: [{ header: { key: 'x-path', value: '%REQ(:PATH)%' } }],
                },
              ],
            },
          ],
        },
      },
    },
  },
  cases: [
    { name: 'host', request: get('/host/a?b=c') },
    { name: 'host, with a port in the request', request: get('/host/a', 'host: example.com:9080') },
    { name: 'path drops the query of the request', request: get('/path?b=c') },
    { name: 'path with a query of its own', request: get('/path-query?b=c') },
    { name: 'prefix', request: get('/prefix/a?b=c') },
    { name: 'https', request: get('/https/a') },
    { name: 'https drops port 80', request: get('/https/a', 'host: example.com:80') },
    { name: 'https keeps another port', request: get('/https/a', 'host: example.com:8080') },
    { name: 'scheme', request: get('/scheme') },
    { name: 'port', request: get('/port') },
    { name: 'port replaces a port', request: get('/port', 'host: example.com:80') },
    { name: 'scheme, host, path and port', request: get('/both?x=y') },
    { name: '302', request: get('/found') },
    { name: '303', request: get('/see-other') },
    { name: '307', request: http1('POST /temporary', [], 'body') },
    { name: '308', request: get('/permanent') },
    { name: 'query stripped', request: get('/strip/a?b=c') },
    { name: 'regular expression', request: get('/regex/one/two?q=1') },
    { name: 'HEAD is redirected', request: http1('HEAD /host') },
    { name: 'TLS required', request: get('/a?b', 'host: secure.example') },
    {
      name: 'TLS required, told by the proxy before',
      request: get('/a', 'host: secure.example', 'x-forwarded-proto: https'),
    },
    {
      name: 'TLS required of external callers, internal call',
      request: get('/a', 'host: external.example', 'x-forwarded-for: 10.0.0.1'),
    },
    {
      name: 'TLS required of external callers, external call',
      request: get('/a', 'host: external.example', 'x-forwarded-for: 8.8.8.8'),
    },
    { name: 'direct response without a body', request: get('/direct-empty') },
    { name: 'direct response 403', request: get('/direct-403') },
    { name: 'direct response of bytes', request: get('/direct-bytes') },
    { name: 'direct response with its own content type', request: get('/direct-json') },
    { name: 'direct response 404', request: get('/direct-404') },
    { name: 'direct response with a substitution', request: get('/direct-added?q=1') },
    { name: 'direct response to HEAD', request: http1('HEAD /direct-403') },
    { name: 'direct response to a body', request: http1('POST /direct-403', [], 'some text') },
  ],
};
