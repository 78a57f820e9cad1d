import type { CallOptions, Forward, KubeCluster } from '#harness/backends/backend.ts';
import type { Scenario } from '#harness/scenario.ts';

type Method<Target, Name extends keyof Target> = Target[Name] extends (...parameters: infer Parameters) => unknown
  ? (...parameters: Parameters) => unknown
  : never;
export type Overrides<Target> = { readonly [Name in keyof Target]?: Method<Target, Name> };

/** The same scenario with some of what "east" does replaced: a copy that lacks its fix. */
export function breakEast(scenario: Scenario, overridesOf: (east: KubeCluster) => Overrides<KubeCluster>): Scenario {
  return breakCluster(scenario, 'east', overridesOf);
}

/** The same scenario with some of what one of its KubeClusters does replaced. */
export function breakCluster(
  scenario: Scenario,
  name: string,
  overridesOf: (cluster: KubeCluster) => Overrides<KubeCluster>,
): Scenario {
  return {
    ...scenario,
    run: (parts, tools) => {
      const cluster = parts[name] as KubeCluster;
      return scenario.run({ ...parts, [name]: override(cluster, overridesOf(cluster)) }, tools);
    },
  };
}

/** A port-forward whose calls lose their Host override. */
export function withoutHostOverride(east: KubeCluster): Overrides<KubeCluster> {
  return {
    async portForward(...parameters) {
      const forward: Forward = await east.portForward(...parameters);
      const get = (path: string, call: CallOptions = {}) =>
        forward.get(path, call.headers === undefined ? {} : { headers: call.headers });
      return override(forward, { get });
    },
  };
}

/** Methods keep their own `this`, so that classes with private members still work. */
function override<Target extends object>(target: Target, overrides: Overrides<Target>): Target {
  return new Proxy(target, {
    get(_, name) {
      const own: unknown = Reflect.get(overrides, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Lets the first `count` manifests through and loses the rest. */
export function keepingApplies(count: number): (cluster: KubeCluster) => Overrides<KubeCluster> {
  return (cluster) => {
    let left = count;
    return { apply: async (manifest) => (left-- > 0 ? await cluster.apply(manifest) : undefined) };
  };
}
