import type { Random } from '#core/random.ts';
import { ConfigError } from '../config-error.ts';

export interface WeightedChoice<Value> {
  readonly weight: number;
  readonly value: Value;
}

/** Compiles a choice by weight. @throws ConfigError when no weight is above 0 */
export function compileWeights<Value>(choices: readonly WeightedChoice<Value>[]): (random: Random) => Value {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  const last = choices.findLast(({ weight }) => weight > 0);
  if (last === undefined) throw new ConfigError('Sum of weights in the weighted_cluster must be greater than 0.');
  return (random) => {
    let left = random.float() * total;
    for (const { weight, value } of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return last.value;
  };
}
