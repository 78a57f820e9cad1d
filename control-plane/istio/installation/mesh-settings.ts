import type { KubeObject, Manifest } from '../../kube/kinds.ts';
import { readFeatures } from '../features.ts';
import type { MeshSettings } from '../mesh-view.ts';
import { readComponents } from './profile.ts';

export type BaseSettings = Pick<MeshSettings, 'istioVersion' | 'rootNamespace' | 'outboundTrafficPolicy'>;

/** The settings of a mesh: what its IstioOperators say, later ones over earlier ones, on top of where it started. */
export function readMeshSettings(base: BaseSettings, operators: readonly KubeObject<'IstioOperator'>[]): MeshSettings {
  const installed = operators.filter((operator) => readComponents(operator).hasPilot);
  const environment = Object.fromEntries(installed.flatMap(readPilotEnvironment));
  const policy = installed.findLast(({ spec }) => spec.meshConfig?.outboundTrafficPolicy !== undefined)?.spec
    .meshConfig;
  return {
    ...base,
    outboundTrafficPolicy: policy?.outboundTrafficPolicy?.mode ?? base.outboundTrafficPolicy,
    features: readFeatures(base.istioVersion, environment),
    proxyMetadata: readProxyMetadata(operators),
  };
}

/** The environment that `meshConfig.defaultConfig` gives to every proxy. */
export function readProxyMetadata(operators: readonly Manifest<'IstioOperator'>[]): Readonly<Record<string, string>> {
  const maps = operators
    .filter((operator) => readComponents(operator).hasPilot)
    .map(({ spec }) => Object.entries(spec.meshConfig?.defaultConfig?.proxyMetadata ?? {}));
  return Object.fromEntries(maps.flat());
}

function readPilotEnvironment({ spec }: KubeObject<'IstioOperator'>): (readonly [string, string])[] {
  return (spec.components?.pilot?.k8s?.env ?? []).map(({ name, value }) => [name, value]);
}
