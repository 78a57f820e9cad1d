import type { JsonObject } from '@bufbuild/protobuf';
import type { Suite } from '../types.ts';
import { get } from './requests.ts';

function forward(match: JsonObject, action: JsonObject): JsonObject {
  return { match, route: { cluster: 'plain', ...action } };
}

const regex = (pattern: string, substitution: string): JsonObject => ({
  regex_rewrite: { pattern: { regex: pattern }, substitution },
});

export const rewrites: Suite = {
  name: 'rewrites',
  listeners: {
    rewrites: {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                forward({ prefix: '/prefix' }, { prefix_rewrite: '/new' }),
                forward({ prefix: '/slash/' }, { prefix_rewrite: '/' }),
                forward({ path: '/exact' }, { prefix_rewrite: '/whole' }),
                forward({ prefix: '/Blind', case_sensitive: false }, { prefix_rewrite: '/seen' }),
                forward({ path_separated_prefix: '/tree' }, { prefix_rewrite: '/wood' }),
                forward({ prefix: '/regex' }, regex('^/regex/([^/]+)/(\\d+)$', '/\\2/\\1')),
                forward({ prefix: '/every' }, regex('a', 'b')),
                forward({ prefix: '/escaped' }, regex('/escaped/(.*)', '/\\1\\\\')),
                forward({ prefix: '/literal' }, { host_rewrite_literal: 'literal.example' }),
                forward(
                  { prefix: '/forwarded-host' },
                  { host_rewrite_literal: 'literal.example', append_x_forwarded_host: true },
                ),
                forward({ prefix: '/from-header' }, { host_rewrite_header: 'x-rewrite' }),
                forward(
                  { prefix: '/from-path' },
                  {
                    host_rewrite_path_regex: {
                      pattern: { regex: '^/from-path/([^/?]+).*' },
                      substitution: '\\1.example',
                    },
                  },
                ),
                forward({ prefix: '/auto' }, { auto_host_rewrite: true, cluster: 'named' }),
                forward({ prefix: '/static-auto' }, { auto_host_rewrite: true }),
                forward({ prefix: '/both' }, { prefix_rewrite: '/', host_rewrite_literal: 'literal.example' }),
              ],
            },
          ],
        },
      },
    },
  },
  cases: [
    { name: 'prefix', request: get('/prefix/a?b=c') },
    { name: 'prefix and text that goes on', request: get('/prefixed') },
    { name: 'prefix to the root', request: get('/slash/a') },
    { name: 'exact path', request: get('/exact?b=c') },
    { name: 'prefix in other case', request: get('/bLIND/x') },
    { name: 'separated prefix', request: get('/tree/leaf') },
    {
      name: 'path rewritten before keeps its original path',
      request: get('/prefix/a', 'x-envoy-original-path: /first'),
    },
    { name: 'regular expression with groups', request: get('/regex/abc/12') },
    { name: 'regular expression keeps the query', request: get('/regex/abc/12?q=1/2') },
    { name: 'regular expression that does not match', request: get('/regex/abc') },
    { name: 'every match is replaced', request: get('/every/aaa?a=a') },
    { name: 'escaped backslash', request: get('/escaped/x') },
    { name: 'host literal', request: get('/literal') },
    { name: 'host literal over a port', request: get('/literal', 'host: example.com:9080') },
    { name: 'original host forwarded', request: get('/forwarded-host') },
    {
      name: 'original host forwarded after another',
      request: get('/forwarded-host', 'x-forwarded-host: first.example'),
    },
    { name: 'host from a header', request: get('/from-header', 'x-rewrite: named.example') },
    { name: 'host from a missing header', request: get('/from-header') },
    { name: 'host from the path', request: get('/from-path/tenant?x=1') },
    { name: 'host of the endpoint by name', request: get('/auto') },
    { name: 'host of an endpoint without a name', request: get('/static-auto') },
    { name: 'host and path', request: get('/both/x') },
  ],
};
