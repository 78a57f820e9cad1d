import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  HttpRbacSchema,
  NetworkRbacSchema,
  RBAC_Action,
  type FilterSchema,
  type HttpFilterSchema,
  type RBACSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { KubeObject } from '../../kube/kinds.ts';
import { matchesLabels } from '../../kube/labels.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { translateRule, withoutHttp, type RbacPolicyInit } from './translate-rule.ts';

/** The filters that AuthorizationPolicies put into every chain of a proxy. */
export interface Authorization {
  readonly http: readonly MessageInitShape<typeof HttpFilterSchema>[];
  readonly tcp: readonly MessageInitShape<typeof FilterSchema>[];
}

type AuthorizationPolicy = KubeObject<'AuthorizationPolicy'>;
type Action = 'ALLOW' | 'DENY';

const SHADOW_PREFIX = { ALLOW: 'istio_dry_run_allow_', DENY: 'istio_dry_run_deny_' } as const;

/**
 * What callers of a workload may do: first what is refused, then, where anything allows, what is allowed. Policies of the
 * root namespace and of the workload's own count, if they select it (istio `pilot/pkg/security/authz/builder`).
 */
export function createAuthorization(proxy: Proxy, view: MeshView): Authorization {
  const policies = findPolicies(proxy, view);
  const http: Authorization['http'][number][] = [];
  const tcp: Authorization['tcp'][number][] = [];
  for (const action of ['DENY', 'ALLOW'] as const) {
    const ofAction = policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === action);
    if (ofAction.length === 0) continue;
    const shadowRulesStatPrefix = SHADOW_PREFIX[action];
    http.push({
      name: 'envoy.filters.http.rbac',
      configType: {
        case: 'typedConfig',
        value: packAny(HttpRbacSchema, { rules: createRules(ofAction, action, 'http'), shadowRulesStatPrefix }),
      },
    });
    const rules = createRules(ofAction, action, 'tcp');
    tcp.push({
      name: 'envoy.filters.network.rbac',
      configType: {
        case: 'typedConfig',
        value: packAny(NetworkRbacSchema, { rules, shadowRulesStatPrefix, statPrefix: 'tcp.' }),
      },
    });
  }
  return { http, tcp };
}

function findPolicies(proxy: Proxy, view: MeshView): AuthorizationPolicy[] {
  const namespaces = new Set([view.settings.rootNamespace, proxy.namespace]);
  return view.authorizationPolicies.filter(
    ({ metadata, spec }) =>
      namespaces.has(metadata.namespace) && matchesLabels(spec?.selector?.matchLabels ?? {}, proxy.labels),
  );
}

/** A policy without rules matches nothing: as ALLOW it refuses everything, as DENY nothing. */
function createRules(
  policies: readonly AuthorizationPolicy[],
  action: Action,
  layer: keyof Authorization,
): MessageInitShape<typeof RBACSchema> {
  const entries = policies.flatMap(({ metadata, spec }) =>
    (spec?.rules ?? []).flatMap((rule, index): [string, RbacPolicyInit][] => {
      const ofLayer = layer === 'http' ? rule : withoutHttp(rule, action);
      const name = `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${index}]`;
      return ofLayer === undefined ? [] : [[name, translateRule(ofLayer)]];
    }),
  );
  return { action: RBAC_Action[action], policies: Object.fromEntries(entries) };
}
