import type { KubeObject, Manifest } from '../../kube/kinds.ts';
import type { MeshConfig } from '../../kube/schemas/istio-operator.ts';
import { CONNECT_TIMEOUT_MS } from '../clusters/defaults.ts';
import { parseDurationMs } from '../durations.ts';
import { readFeatures } from '../features.ts';
import type { AccessLogSettings, MeshSettings, PathNormalization } from '../mesh-view.ts';
import { readComponents } from './profile.ts';

export type BaseSettings = Pick<MeshSettings, 'istioVersion' | 'rootNamespace' | 'outboundTrafficPolicy'>;

/** The settings of a mesh: what its IstioOperators say, later ones over earlier ones, on top of where it started. */
export function readMeshSettings(base: BaseSettings, operators: readonly KubeObject<'IstioOperator'>[]): MeshSettings {
  const installed = operators.filter((operator) => readComponents(operator).hasPilot);
  const environment = Object.fromEntries(installed.flatMap(readPilotEnvironment));
  const config = mergeConfigs(installed);
  return {
    ...base,
    outboundTrafficPolicy: config.outboundTrafficPolicy?.mode ?? base.outboundTrafficPolicy,
    features: readFeatures(base.istioVersion, environment),
    proxyMetadata: readProxyMetadata(operators),
    accessLog: readAccessLog(config),
    defaultRetries: config.defaultHttpRetryPolicy,
    pathNormalization: readNormalization(config),
    gatewayTopology: config.defaultConfig?.gatewayTopology ?? {},
    connectTimeoutMs: config.connectTimeout === undefined ? CONNECT_TIMEOUT_MS : parseDurationMs(config.connectTimeout),
  };
}

/** The environment that `meshConfig.defaultConfig` gives to every proxy. */
export function readProxyMetadata(operators: readonly Manifest<'IstioOperator'>[]): Readonly<Record<string, string>> {
  const maps = operators
    .filter((operator) => readComponents(operator).hasPilot)
    .map(({ spec }) => Object.entries(spec.meshConfig?.defaultConfig?.proxyMetadata ?? {}));
  return Object.fromEntries(maps.flat());
}

/** Field by field: a later one replaces what an earlier one says, and adds to `defaultConfig`. */
function mergeConfigs(operators: readonly KubeObject<'IstioOperator'>[]): MeshConfig {
  return operators.reduce<MeshConfig>((merged, { spec }) => {
    const ofProfile: MeshConfig = spec.profile === 'demo' ? { accessLogFile: '/dev/stdout' } : {};
    const own = { ...ofProfile, ...spec.meshConfig };
    return { ...merged, ...own, defaultConfig: { ...merged.defaultConfig, ...own.defaultConfig } };
  }, {});
}

function readAccessLog(config: MeshConfig): AccessLogSettings {
  const { accessLogFile: file = '', accessLogEncoding: encoding = 'TEXT', accessLogFormat: format = '' } = config;
  return { file, encoding, format };
}

/** istio/api `mesh/v1alpha1/config.proto`, ProxyPathNormalization. */
function readNormalization({ pathNormalization }: MeshConfig): PathNormalization {
  const { normalization = 'DEFAULT' } = pathNormalization ?? {};
  return normalization === 'DEFAULT' ? 'BASE' : normalization;
}

function readPilotEnvironment({ spec }: KubeObject<'IstioOperator'>): (readonly [string, string])[] {
  return (spec.components?.pilot?.k8s?.env ?? []).map(({ name, value }) => [name, value]);
}
