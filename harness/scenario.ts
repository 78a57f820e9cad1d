import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { StartedTopology } from './backends/backend.ts';
import type { ScenarioExpect } from './expectations/scenario-expect.ts';
import { aws, kubeCluster, type Topology } from './topology.ts';

/** What the `topology` of a scenario describes its world with. */
export interface TopologyWords {
  readonly kubeCluster: typeof kubeCluster;
  readonly aws: typeof aws;
}

/** What the `run` of a scenario gets beside the parts of its topology. */
export interface ScenarioTools {
  /** Runs `action` as a named, numbered step; its failure ends the scenario. Steps do not nest. */
  readonly step: <T>(title: string, action: () => T | Promise<T>) => Promise<T>;
  /** A step that breaks something. `meshrig run --without fault` leaves it out (it gives undefined then), and the scenario must fail. */
  readonly fault: OptionalStep;
  /** A step that repairs something. `meshrig run --without fix` leaves it out (it gives undefined then), and the scenario must fail. */
  readonly fix: OptionalStep;
  readonly expect: ScenarioExpect;
  readonly clock: Clock;
  readonly random: Random;
}

export type OptionalStep = <T>(title: string, action: () => T | Promise<T>) => Promise<T | undefined>;

export interface ScenarioOptions<Description extends Topology> {
  /** One sentence without a full stop: what happens. */
  readonly title: string;
  /** Where the behaviour was seen: `seed 000`, `envoyproxy/envoy#14435`. */
  readonly source: readonly string[];
  readonly tags?: readonly string[];
  topology(words: TopologyWords): Description;
  run(parts: StartedTopology<Description> & ScenarioTools): Promise<void>;
}

/** A scenario as the runner sees it: the same for every topology. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly source: readonly string[];
  readonly tags: readonly string[];
  describeTopology(): Topology;
  run(parts: StartedTopology<Topology>, tools: ScenarioTools): Promise<void>;
}

/**
 * Defines a scenario. A scenario file exports it as its default and lies at `scenarios/<name>.ts`.
 *
 * It holds when every step succeeded and every expectation held; one without an expectation is not valid.
 *
 * @example
 * export default scenario('port-forward/strip-port', {
 *   title: 'A Host is signed without the forwarded port',
 *   source: ['seed 000'],
 *   topology: ({ kubeCluster }) => ({ east: kubeCluster('east') }),
 *   async run({ east, step, expect }) {
 *     const forward = await step('forward 9080', () => east.portForward(9080, 'istio-ingressgateway', 80));
 *     expect(await forward.get('/cat')).toHaveStatus(200);
 *   },
 * });
 */
export function scenario<const Description extends Topology>(
  name: string,
  options: ScenarioOptions<Description>,
): Scenario {
  return {
    name,
    title: options.title,
    source: options.source,
    tags: options.tags ?? [],
    describeTopology: () => options.topology({ kubeCluster, aws }),
    // The runner starts exactly what describeTopology returned, so the parts have the type that `run` was checked with.
    run: (parts, tools) => options.run({ ...(parts as StartedTopology<Description>), ...tools }),
  };
}
