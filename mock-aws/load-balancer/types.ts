import type { Identity } from '#core/certificates.ts';
import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { LambdaStore } from '../lambda/lambda-store.ts';

/** A target group of type `lambda`: the function it calls and how. */
export interface TargetGroup {
  readonly name: string;
  /** Undefined: nothing is registered, and every request is answered with 503. */
  readonly functionName: string | undefined;
  /** `lambda.multi_value_headers.enabled`. Default false. */
  readonly hasMultiValueHeaders?: boolean;
  /** Whether the function's policy lets `elasticloadbalancing.amazonaws.com` call it. Default true. */
  readonly isPermitted?: boolean;
}

export interface LoadBalancerOptions {
  readonly name: string;
  readonly targetGroup: TargetGroup;
  /** The certificate of TLS listeners. A client that asks for another name gets it too. */
  readonly identity?: Identity;
  /** Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** The way to the Lambda service. It has ten seconds; left out, it takes no time. */
  readonly connectToLambda?: (signal: AbortSignal) => Promise<unknown>;
}

/** What a load balancer shares with the account it belongs to. */
export interface LoadBalancerContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly lambda: LambdaStore;
  readonly region: string;
  readonly accountId: string;
}
