import type { Manifest } from '../../kube/kinds.ts';
import type { GatewayComponent } from '../../kube/schemas/istio-operator.ts';

/** What an IstioOperator installs, its profile's part included (istio `manifests/profiles`). */
export interface InstalledComponents {
  readonly hasPilot: boolean;
  readonly ingressGateways: readonly GatewayComponent[];
  readonly egressGateways: readonly GatewayComponent[];
}

const INGRESS: GatewayComponent = { name: 'istio-ingressgateway', enabled: true };
const EGRESS: GatewayComponent = { name: 'istio-egressgateway', enabled: true };

const PROFILES: Readonly<Record<NonNullable<Manifest<'IstioOperator'>['spec']['profile']>, InstalledComponents>> = {
  default: { hasPilot: true, ingressGateways: [INGRESS], egressGateways: [] },
  demo: { hasPilot: true, ingressGateways: [INGRESS], egressGateways: [EGRESS] },
  minimal: { hasPilot: true, ingressGateways: [], egressGateways: [] },
  empty: { hasPilot: false, ingressGateways: [], egressGateways: [] },
};

export function readComponents({ spec }: Pick<Manifest<'IstioOperator'>, 'spec'>): InstalledComponents {
  const profile = PROFILES[spec.profile ?? 'default'];
  const { pilot, ingressGateways = [], egressGateways = [] } = spec.components ?? {};
  return {
    hasPilot: pilot?.enabled ?? profile.hasPilot,
    ingressGateways: overlay(profile.ingressGateways, ingressGateways),
    egressGateways: overlay(profile.egressGateways, egressGateways),
  };
}

/** A component of the same name and namespace changes the profile's; one that is not enabled is left out. */
function overlay(ofProfile: readonly GatewayComponent[], own: readonly GatewayComponent[]): GatewayComponent[] {
  const changed = ofProfile.map((component) => ({ ...component, ...own.find((other) => isSame(component, other)) }));
  const added = own.filter((component) => !ofProfile.some((other) => isSame(component, other)));
  return [...changed, ...added].filter(({ enabled }) => enabled === true);
}

function isSame(a: GatewayComponent, b: GatewayComponent): boolean {
  return a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}
