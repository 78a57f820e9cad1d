import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { findBehind, type Behind } from '../sync/find-behind.ts';
import type { SyncCause } from './cause.ts';
import { describeCause } from './causes.ts';
import type { Explanation } from './explanation.ts';
import { findCallHops } from './find-call-hops.ts';
import { createHopRows, findRowNumber } from './path-rows.ts';

const CAUSES: Readonly<Record<Behind['reason'], SyncCause>> = {
  'not sent': 'push-not-sent',
  'not acked': 'push-not-acked',
  rejected: 'push-rejected',
  warming: 'still-warming',
  'old connection': 'old-connection',
};

/** By the details of a proxy's own answer: the types of resources that could have changed it. */
const RELEVANT_TYPES: Readonly<Record<string, readonly string[]>> = {
  route_not_found: ['RDS', 'LDS'],
  cluster_not_found: ['CDS', 'EDS', 'SDS'],
  no_healthy_upstream: ['CDS', 'EDS'],
  rbac_access_denied_matched_policy: ['LDS'],
};

/** An application's answer may come from filters or routes that the request missed. */
const ROUTING_TYPES = ['LDS', 'RDS', 'ECDS'];

/**
 * Explains a failure by a proxy on the way that was behind its control plane, as far as what it was behind with could have
 * changed the answer. Undefined when none was. Never proved: whether the newest would have answered otherwise is not known.
 */
export function explainBySync(
  events: readonly TimelineEvent[],
  call: TimelineEventOf<'call'>,
): Explanation | undefined {
  if ((call.response?.status ?? 0) < 400) return undefined;
  const hops = findCallHops(events, call);
  const local = hops.findLast(({ answeredLocally }) => answeredLocally?.status === call.response?.status);
  const types = local?.answeredLocally === undefined ? ROUTING_TYPES : relevantTypes(local.answeredLocally);
  const suspects = local === undefined ? hops : [local];
  const found = suspects
    .flatMap((hop) => findBehind(events, hop))
    .filter(({ resourceType }) => types.includes(resourceType));
  const rank = ({ reason, resourceType }: Behind) => (reason === 'old connection' ? -1 : types.indexOf(resourceType));
  const [behind] = local === undefined ? found : found.toSorted((left, right) => rank(left) - rank(right));
  if (behind === undefined) return undefined;
  const path = createHopRows(call, hops);
  const number = findRowNumber(path, behind.hop.source);
  const grade = local === undefined ? 'likely' : 'consistent';
  return {
    cause: CAUSES[behind.reason],
    grade,
    ...describeCause(CAUSES[behind.reason], createFacts(events, behind)),
    where: `served at ${number === undefined ? '' : `hop ${number}, `}${behind.hop.source}`,
    proof: [`${grade}: ${describeVersions(behind)}`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path,
  };
}

function relevantTypes({ detail }: { readonly detail: string }): readonly string[] {
  const [name = ''] = detail.split(/[{[]/);
  return RELEVANT_TYPES[name] ?? [];
}

function createFacts(
  events: readonly TimelineEvent[],
  { hop, resourceType, detail }: Behind,
): Parameters<typeof describeCause>[1] {
  const change = findUnsent(events, hop, resourceType);
  return {
    answeredBy: hop.source,
    resourceType,
    ...(detail !== undefined && { message: detail }),
    ...(change !== undefined && { change }),
  };
}

/** `served by LDS virtualInbound version .../3, RDS 80 version .../3; the newest LDS is .../4, rejected` */
function describeVersions({ hop, resourceType, newest, reason }: Behind): string {
  const { listener, routes } = hop.servedBy ?? {};
  const served = [
    ...(listener === undefined ? [] : [`LDS ${listener.name} version ${listener.version}`]),
    ...(routes === undefined ? [] : [`RDS ${routes.name} version ${routes.version}`]),
  ];
  const rest = newest === undefined ? `the newest ${resourceType} is not sent` : `${resourceType} ${newest}: ${reason}`;
  return `served by ${served.join(', ')}; ${rest}`;
}

/** The last change in Kubernetes that came after what the proxy was sent. */
function findUnsent(events: readonly TimelineEvent[], hop: Behind['hop'], resourceType: string): string | undefined {
  const pod = hop.source.replace(/^proxy "(.*)"$/, '$1');
  const pushed = eventsOfType(events, 'push').findLast(
    (event) => event.seq < hop.seq && event.resourceType === resourceType && event.proxy.startsWith(`${pod}.`),
  );
  const applied = eventsOfType(events, 'applied').filter(
    ({ seq, action }) => seq > (pushed?.seq ?? 0) && seq < hop.seq && action !== 'unchanged',
  );
  const last = applied.findLast(({ kind }) => KINDS[resourceType]?.includes(kind)) ?? applied.at(-1);
  return last && `${last.kind} ${last.namespace}/${last.name}`;
}

/** Which kinds a type of resources is made of first of all. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  CDS: ['DestinationRule', 'ServiceEntry', 'Service'],
  RDS: ['VirtualService', 'Gateway'],
  LDS: ['EnvoyFilter', 'Gateway', 'AuthorizationPolicy'],
};
