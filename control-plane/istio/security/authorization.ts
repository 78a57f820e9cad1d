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
type Action = 'ALLOW' | 'AUDIT' | 'DENY';
type RulesInit = MessageInitShape<typeof RBACSchema>;

/** Filters ask in this order. What is audited is written down somewhere, and refused nowhere. */
const ACTIONS = [
  ['AUDIT', RBAC_Action.LOG],
  ['DENY', RBAC_Action.DENY],
  ['ALLOW', RBAC_Action.ALLOW],
] as const;

const DRY_RUN = 'istio.io/dry-run';
const SHADOW_PREFIX = { allow: 'istio_dry_run_allow_', deny: 'istio_dry_run_deny_' } as const;

/**
 * What callers of a workload may do: first what is refused, then, where anything allows, what is allowed. Policies of the
 * root namespace and of the workload's own count, if they select it (istio `pilot/pkg/security/authz/builder`).
 */
export function createAuthorization(proxy: Proxy, view: MeshView): Authorization {
  const policies = findPolicies(proxy, view);
  const http: Authorization['http'][number][] = [];
  const tcp: Authorization['tcp'][number][] = [];
  for (const [action] of ACTIONS) {
    const ofAction = policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === action);
    if (ofAction.length === 0) continue;
    const ofHttp = packAny(HttpRbacSchema, createRuleSets(ofAction, action, 'http'));
    const ofTcp = packAny(NetworkRbacSchema, { ...createRuleSets(ofAction, action, 'tcp'), statPrefix: 'tcp.' });
    http.push({ name: 'envoy.filters.http.rbac', configType: { case: 'typedConfig', value: ofHttp } });
    tcp.push({ name: 'envoy.filters.network.rbac', configType: { case: 'typedConfig', value: ofTcp } });
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

interface RuleSets {
  readonly rules?: RulesInit;
  readonly shadowRules?: RulesInit;
  readonly shadowRulesStatPrefix: string;
}

/** Policies on trial refuse nobody: they are beside those that count. */
function createRuleSets(
  policies: readonly AuthorizationPolicy[],
  action: Action,
  layer: keyof Authorization,
): RuleSets {
  const onTrial = policies.filter(isOnTrial);
  const enforced = policies.filter((policy) => !isOnTrial(policy));
  return {
    ...(enforced.length > 0 && { rules: createRules(enforced, action, layer) }),
    ...(onTrial.length > 0 && { shadowRules: createRules(onTrial, action, layer) }),
    shadowRulesStatPrefix: onTrial.length > 0 && action === 'DENY' ? SHADOW_PREFIX.deny : SHADOW_PREFIX.allow,
  };
}

function isOnTrial({ metadata }: AuthorizationPolicy): boolean {
  return /^(1|t|true)$/i.test(metadata.annotations[DRY_RUN] ?? '');
}

/** A policy without rules matches nothing: as ALLOW it refuses everything, as DENY nothing. */
function createRules(policies: readonly AuthorizationPolicy[], action: Action, layer: keyof Authorization): RulesInit {
  const entries = policies.flatMap(({ metadata, spec }) =>
    (spec?.rules ?? []).flatMap((rule, index): [string, RbacPolicyInit][] => {
      const ofLayer = layer === 'http' ? rule : withoutHttp(rule, action);
      const name = `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${index}]`;
      return ofLayer === undefined ? [] : [[name, translateRule(ofLayer, metadata.namespace)]];
    }),
  );
  const [, number] = ACTIONS.find(([name]) => name === action) ?? [];
  return { action: number ?? RBAC_Action.ALLOW, policies: Object.fromEntries(entries) };
}
