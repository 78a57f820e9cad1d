/** A minor version of Istio: `1.17`. Patch releases change no generated configuration that is modelled here. */
export type IstioMinor = `1.${number}`;

/**
 * Whether a version such as `1.17.2` is at least a minor one. A version that is missing or not a number counts as newest,
 * as istiod treats it (istio pilot/pkg/model/context.go, ParseIstioVersion).
 */
export function isAtLeast(version: string | undefined, minor: IstioMinor): boolean {
  const [, actual] = /^1\.(\d+)/.exec(version ?? '') ?? [];
  return actual === undefined || Number(actual) >= Number(minor.slice(2));
}
