import type { KubeObject } from '../../kube/kinds.ts';
import type { AccessLogging } from '../../kube/schemas/telemetry.ts';
import { findScoped } from '../find-scoped.ts';
import type { ListenerContext } from './listener-context.ts';

/** From which side a proxy sees a request. */
type Mode = 'CLIENT' | 'SERVER';

/**
 * Whether Telemetries want a proxy's requests logged. The mesh's is asked first, then that of the namespace, then that of
 * the workload: each may overrule those before, and one that names no provider means what they mean (istio
 * `pilot/pkg/model/telemetry.go`, mergeLogs).
 */
export function findLogging(mode: Mode, context: ListenerContext): 'on' | 'off' | 'unsaid' {
  const entries = findTelemetries(context)
    .flatMap(({ spec }) => spec?.accessLogging ?? [])
    .filter(({ match }) => isMeant(match, mode));
  let isNamed = false;
  let answer: 'on' | 'off' | 'unsaid' = 'unsaid';
  for (const { providers = [], disabled = false } of entries) {
    isNamed ||= providers.length > 0;
    if (isNamed) answer = disabled ? 'off' : 'on';
  }
  return answer;
}

function isMeant(match: AccessLogging['match'], mode: Mode): boolean {
  const { mode: wanted = 'CLIENT_AND_SERVER' } = match ?? {};
  return wanted === 'CLIENT_AND_SERVER' || wanted === mode;
}

/** At most one of each: the oldest. */
function findTelemetries({ proxy, view: { telemetries, settings } }: ListenerContext): KubeObject<'Telemetry'>[] {
  const { rootNamespace } = settings;
  const { ofWorkload, ofNamespace, ofMesh } = findScoped(proxy, {
    objects: telemetries,
    labelsOf: ({ spec }) => spec?.selector?.matchLabels,
    rootNamespace,
  });
  return [ofMesh, proxy.namespace === rootNamespace ? undefined : ofNamespace, ofWorkload].filter(
    (telemetry) => telemetry !== undefined,
  );
}
