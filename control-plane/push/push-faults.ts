import type { Clock, Timer } from '#core/clock.ts';
import type { Delivery, ServedClient } from '#xds/discovery-server.ts';
import type { Push } from '#xds/push.ts';
import { PUSH_ORDER, sortByPushOrder } from '#xds/resource-types.ts';
import { parseProxy } from '../istio/proxy.ts';
import type { PlannedPart, PushFault } from './push-fault.ts';

/** What a fault concerns. */
export interface PushFaultScope {
  /** `<pod>.<namespace>`; left out, every proxy. */
  readonly proxies?: ReadonlySet<string>;
  /** Type URLs; left out, every type. */
  readonly typeUrls?: ReadonlySet<string>;
}

interface ActiveFault {
  readonly fault: PushFault;
  readonly scope: PushFaultScope;
  /** What waits for this fault, oldest first. */
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  readonly timer: Timer | undefined;
  readonly send: () => void;
}

/** The faults between a control plane and its proxies, and the pushes that wait because of them. */
export class PushFaults implements Delivery, Disposable {
  readonly #clock: Clock;
  readonly #active = new Set<ActiveFault>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ending a fault sends what waits because of it. */
  add(fault: PushFault, scope: PushFaultScope): Disposable {
    const active = { fault, scope, waiting: new Set<Waiting>() };
    this.#active.add(active);
    return {
      [Symbol.dispose]: () => {
        this.#active.delete(active);
        for (const { send } of takeAll(active)) send();
      },
    };
  }

  schedule(client: ServedClient, push: Push, send: (push: Push) => void): void {
    const active = Array.from(this.#active).find((one) => one.fault.plan !== undefined && concernsClient(one, client));
    if (active === undefined) return send(push);
    for (const part of planParts(active, push)) {
      const only = new Set(part.typeUrls);
      if (part.delayMs === 0) send({ ...push, only });
      else this.#wait(active, part.delayMs, () => send({ ...push, only }));
    }
  }

  loses(client: ServedClient, typeUrl: string): boolean {
    return Array.from(this.#active).some(
      (active) =>
        active.fault.losesResponses === true && concernsClient(active, client) && concernsType(active, typeUrl),
    );
  }

  /** Forgets what waits, as a control plane that stops does. The faults stay. */
  forgetWaiting(): void {
    for (const active of this.#active) takeAll(active);
  }

  [Symbol.dispose](): void {
    this.forgetWaiting();
    this.#active.clear();
  }

  #wait(active: ActiveFault, delayMs: number, send: () => void): void {
    const fire = () => {
      active.waiting.delete(waiting);
      send();
    };
    const timer = delayMs === Infinity ? undefined : this.#clock.setTimer(delayMs, fire);
    const waiting: Waiting = { timer, send };
    active.waiting.add(waiting);
  }
}

function takeAll({ waiting }: ActiveFault): readonly Waiting[] {
  const taken = Array.from(waiting);
  waiting.clear();
  for (const { timer } of taken) timer?.cancel();
  return taken;
}

/** Types that the fault does not concern are sent at once. */
function planParts(active: ActiveFault, push: Push): readonly PlannedPart[] {
  const due = sortByPushOrder(push.only ?? PUSH_ORDER);
  const concerned = due.filter((typeUrl) => concernsType(active, typeUrl));
  const others = due.filter((typeUrl) => !concerned.includes(typeUrl));
  const planned = active.fault.plan?.(concerned) ?? [];
  return [{ typeUrls: others, delayMs: 0 }, ...planned].filter(({ typeUrls }) => typeUrls.length > 0);
}

/** Whether a fault concerns a client. */
export function concernsClient({ scope }: { readonly scope: PushFaultScope }, { node }: ServedClient): boolean {
  return scope.proxies === undefined || scope.proxies.has(parseProxy(node).name);
}

function concernsType({ scope }: ActiveFault, typeUrl: string): boolean {
  return scope.typeUrls === undefined || scope.typeUrls.has(typeUrl);
}
