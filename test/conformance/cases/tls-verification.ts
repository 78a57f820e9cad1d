import type { JsonObject } from '@bufbuild/protobuf';
import { createManager, downstreamTls, routesTo } from '../bootstrap.ts';
import type { CallerIdentity, ConformanceCase, Suite } from '../types.ts';
import { get } from './requests.ts';

interface Rule {
  readonly name: string;
  /** Fields of the downstream TLS context; `{{root}}` is trusted where none is given. */
  readonly tls?: JsonObject;
  readonly validation?: JsonObject;
  readonly callers: readonly (CallerIdentity | undefined)[];
}

function san(kind: string, matcher: JsonObject): JsonObject {
  return { match_typed_subject_alt_names: [{ san_type: kind, matcher }] };
}

const SAN_RULES: readonly (readonly [kind: string, matcher: JsonObject])[] = [
  ['URI', { exact: 'spiffe://mesh/ns/default/sa/client' }],
  ['URI', { exact: 'SPIFFE://mesh/ns/default/sa/client' }],
  ['URI', { exact: 'SPIFFE://mesh/ns/default/sa/client', ignore_case: true }],
  ['URI', { prefix: 'spiffe://mesh/' }],
  ['URI', { suffix: '/sa/many' }],
  ['URI', { contains: 'default' }],
  ['URI', { safe_regex: { regex: 'spiffe://[a-z]+/ns/.*' } }],
  ['URI', { safe_regex: { regex: 'mesh' } }],
  ['DNS', { exact: 'client.example' }],
  ['DNS', { exact: 'CLIENT.example' }],
  ['DNS', { exact: 'one.wild.example' }],
  ['DNS', { exact: 'one.two.wild.example' }],
  ['DNS', { exact: 'wild.example' }],
  ['DNS', { exact: '*.wild.example' }],
  ['DNS', { prefix: 'client' }],
  ['DNS', { suffix: '.wild.example' }],
  ['DNS', { contains: 'wild' }],
  ['DNS', { safe_regex: { regex: '.*\\.example' } }],
  ['IP_ADDRESS', { exact: '10.1.2.3' }],
  ['IP_ADDRESS', { prefix: '10.1.' }],
  ['EMAIL', { exact: 'someone@mail.example' }],
  ['EMAIL', { exact: 'Someone@Mail.example' }],
];

const RULES: readonly Rule[] = [
  ...SAN_RULES.map(([kind, matcher]) => ({
    name: `${kind} ${JSON.stringify(matcher).replace(/[{}"]/g, '')}`,
    validation: san(kind, matcher),
    callers: ['client', 'manyNames', 'commonNameOnly'] as const,
  })),
  {
    name: 'one of two names',
    validation: {
      match_typed_subject_alt_names: [
        { san_type: 'DNS', matcher: { exact: 'elsewhere.example' } },
        { san_type: 'URI', matcher: { prefix: 'spiffe://mesh/' } },
      ],
    },
    callers: ['client', 'commonNameOnly'],
  },
  { name: 'a certificate', callers: ['client', 'notYetValid', 'serverOnly', 'commonNameOnly', undefined] },
  {
    name: 'an expired certificate allowed',
    validation: { allow_expired_certificate: true },
    callers: ['expired', 'notYetValid', 'stranger'],
  },
  {
    name: 'the hash of the certificate',
    validation: { verify_certificate_hash: ['{{clientHash}}'] },
    callers: ['client', 'manyNames'],
  },
  {
    name: 'the hash of the key',
    validation: { verify_certificate_spki: ['{{clientKeyHash}}'] },
    callers: ['client', 'manyNames'],
  },
  {
    name: 'the hash, of anybody',
    tls: {
      require_client_certificate: true,
      common_tls_context: { validation_context: { verify_certificate_hash: ['{{clientHash}}'] } },
    },
    callers: ['client', 'stranger', undefined],
  },
  {
    name: 'nothing of a certificate',
    tls: { require_client_certificate: true, common_tls_context: { validation_context: {} } },
    callers: ['client', 'stranger', 'expired', undefined],
  },
  {
    name: 'a certificate without a context',
    tls: { require_client_certificate: true },
    callers: ['client', undefined],
  },
  { name: 'no certificate', tls: { require_client_certificate: false }, callers: ['client', undefined] },
  {
    name: 'untrusted certificates with a name',
    validation: { trust_chain_verification: 'ACCEPT_UNTRUSTED', ...san('DNS', { exact: 'client.example' }) },
    callers: ['stranger', 'expired', 'manyNames', undefined],
  },
];

function createListener({ tls, validation = {} }: Rule): { listener: JsonObject } {
  const trusted = { validation_context: { trusted_ca: { inline_string: '{{root}}' }, ...validation } };
  const direct = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'let in' } } };
  const context = tls ?? { require_client_certificate: true, common_tls_context: trusted };
  return {
    listener: {
      filter_chains: [
        {
          transport_socket: downstreamTls('server', context),
          filters: [createManager({ route_config: routesTo(direct) })],
        },
      ],
    },
  };
}

function createCases(rule: Rule): ConformanceCase[] {
  return rule.callers.flatMap((identity) =>
    (['TLSv1.2', 'TLSv1.3'] as const).map((maxVersion) => ({
      name: `${rule.name}: ${identity ?? 'none'}, ${maxVersion}`,
      listener: rule.name,
      request: get('/'),
      tls: { servername: 'server.example', maxVersion, ...(identity === undefined ? {} : { identity }) },
    })),
  );
}

/** Which certificates of callers are taken, and with which alert the others are refused. */
export const tlsVerification: Suite = {
  name: 'client certificates',
  listeners: Object.fromEntries(RULES.map((rule) => [rule.name, createListener(rule)])),
  cases: RULES.flatMap(createCases),
};
