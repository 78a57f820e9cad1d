import { CorsFilterPolicySchema, CorsSchema, type CorsFilterPolicy, type CorsPolicy } from '#xds/generated/messages.js';
import type { LocalReply } from '../http/local-reply.ts';
import { compileStringMatcher } from '../routing/string-matcher.ts';
import { toRatio } from '../routing/route-matcher.ts';
import { defineFilter } from './filter-factory.ts';
import type { Exchange } from './types.ts';
import type { FilterResult } from './filter.ts';

/** Which origins may call, and what browsers are told. */
export interface CorsSettings {
  readonly isEnabled: boolean;
  readonly allowsOrigin: (origin: string) => boolean;
  /** Whether preflight requests of other origins go upstream; if not, the answer tells browsers nothing. */
  readonly forwardsOtherPreflights: boolean;
  /** Told on answers to preflight requests. */
  readonly preflightHeaders: readonly (readonly [name: string, value: string])[];
  /** Told on other answers. */
  readonly answerHeaders: readonly (readonly [name: string, value: string])[];
}

/** `envoy.filters.http.cors`. Always in Istio's chains, idle where no route has a policy. */
export const corsFilter = defineFilter({
  canonicalName: 'envoy.filters.http.cors',
  schema: CorsSchema,
  create: (_, name) => ({ name, handleRequest: handleCors }),
  perRoute: { schema: CorsFilterPolicySchema, compile: compileCorsPolicy },
});

/** Compiles a policy, in the filter's own form or in that of a route's `cors` field. @throws ConfigError */
export function compileCorsPolicy(policy: CorsFilterPolicy | CorsPolicy): CorsSettings {
  const origins = policy.allowOriginStringMatch.map(compileStringMatcher);
  const enabled = 'enabledSpecifier' in policy ? policy.enabledSpecifier.value : policy.filterEnabled;
  const exposed = present('access-control-expose-headers', policy.exposeHeaders);
  const credentials = present('access-control-allow-credentials', policy.allowCredentials === true ? 'true' : '');
  return {
    isEnabled: enabled?.defaultValue === undefined || toRatio(enabled.defaultValue) > 0,
    // "*" is no pattern of Envoy's matchers; the filter itself takes it for every origin.
    allowsOrigin: (origin) => origins.some((matches) => matches('*') || matches(origin)),
    forwardsOtherPreflights: policy.forwardNotMatchingPreflights ?? true,
    preflightHeaders: [
      ...credentials,
      ...present('access-control-allow-methods', policy.allowMethods),
      ...present('access-control-allow-headers', policy.allowHeaders),
      ...present('access-control-max-age', policy.maxAge),
      ...exposed,
    ],
    answerHeaders: [...credentials, ...exposed],
  };
}

function present(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]];
}

function handleCors({ headers }: Exchange, settings: CorsSettings | undefined): FilterResult {
  const origin = headers.get('origin') ?? '';
  if (settings === undefined || !settings.isEnabled || origin === '') return undefined;
  const isPreflight =
    headers.get(':method') === 'OPTIONS' && (headers.get('access-control-request-method') ?? '') !== '';
  const isAllowed = settings.allowsOrigin(origin);
  if (!isAllowed) return isPreflight && !settings.forwardsOtherPreflights ? answerPreflight([]) : undefined;
  if (isPreflight) return answerPreflight([['access-control-allow-origin', origin], ...settings.preflightHeaders]);
  return ({ headers: answer }) => {
    answer.set('access-control-allow-origin', origin);
    for (const [name, value] of settings.answerHeaders) answer.set(name, value);
  };
}

function answerPreflight(headers: NonNullable<LocalReply['headers']>): LocalReply {
  return { status: 200, body: '', details: 'cors_response', headers };
}
