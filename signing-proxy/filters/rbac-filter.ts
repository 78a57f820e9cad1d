import { HttpRbacPerRouteSchema, HttpRbacSchema, type HttpRbac } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { LocalReply } from '../http/local-reply.ts';
import { compileRbac, type RbacEngine } from '../rbac/compile-rbac.ts';
import { defineFilter } from './filter-factory.ts';
import type { HttpFilter } from './types.ts';

interface RbacSettings {
  /** Undefined where nothing is demanded. */
  readonly decide: RbacEngine | undefined;
}

/** `envoy.filters.http.rbac`: refuses requests that its rules do not allow. */
export const rbacFilter = defineFilter({
  canonicalName: 'envoy.filters.http.rbac',
  schema: HttpRbacSchema,
  create(config, name, context) {
    const listenerSettings = compileSettings(config);
    const filter: HttpFilter<RbacSettings> = {
      name,
      handleRequest(exchange, routeSettings) {
        const verdict = (routeSettings ?? listenerSettings).decide?.(exchange);
        if (verdict === undefined || verdict.isAllowed) return undefined;
        context.log.debug('rbac', `${exchange.logPrefix} enforced denied, ${verdict.details}`);
        return createRefusal(verdict.details);
      },
    };
    return filter;
  },
  // A route without rules of its own switches those of the listener off.
  perRoute: { schema: HttpRbacPerRouteSchema, compile: ({ rbac }) => compileSettings(rbac) },
});

/** Shadow rules only count, and nothing here counts them; they are checked all the same. */
function compileSettings(config: HttpRbac | undefined): RbacSettings {
  if (config?.matcher !== undefined) throw new ConfigError('RBAC: matcher is not supported, use rules');
  if (config?.shadowRules !== undefined) compileRbac(config.shadowRules);
  return { decide: config?.rules && compileRbac(config.rules) };
}

function createRefusal(details: string): LocalReply {
  return { status: 403, body: 'RBAC: access denied', details };
}
