import { eventsOfType, type TimelineEvent } from '#core/timeline.ts';

/** A secret that a proxy asked its control plane for and does not have. */
export interface MissingSecret {
  /** `kubernetes://cats-credential` */
  readonly resource: string;
  /** The control plane's words for it: `secret istio-system/cats-credential not found`. */
  readonly told?: string;
}

const TOLD = /^failed to fetch (?:key and certificate|ca certificate) for (\S+): (.*)$/;

/**
 * What a proxy lacks for one of its listeners or upstream clusters, by what it said it waits for. Undefined when it waits for no
 * secret, or when all have come.
 */
export function findMissingSecret(
  events: readonly TimelineEvent[],
  waiting: { readonly source: string; readonly resource?: string },
): MissingSecret | undefined {
  const warming = eventsOfType(events, 'warming').findLast(
    (event) =>
      event.source === waiting.source &&
      (waiting.resource === undefined ? event.resourceType === 'LDS' : event.resource === waiting.resource) &&
      listSecrets(event.waitsFor).length > 0,
  );
  const wanted = listSecrets(warming?.waitsFor ?? []);
  const missing = wanted.find((name) => !hasArrived(events, waiting.source, name));
  if (missing !== undefined) return { resource: missing, ...findRefusal(events, missing) };
  // istiod answers with an authority for such a name, whatever keys the Secret has (gateways.md B60).
  const misread = wanted.find((name) => name.endsWith(AUTHORITY_ENDING) && wanted.includes(name + AUTHORITY_ENDING));
  return misread === undefined ? undefined : { resource: misread };
}

const AUTHORITY_ENDING = '-cacert';

/** Whether a credential is taken for an authority because of its name. */
export function isReadAsAuthority({ resource, told }: MissingSecret): boolean {
  return resource.endsWith(AUTHORITY_ENDING) && told === undefined;
}

function listSecrets(waitsFor: readonly string[]): string[] {
  return waitsFor.flatMap((wait) => /^SDS "(.*)"$/.exec(wait)?.[1] ?? []);
}

function hasArrived(events: readonly TimelineEvent[], source: string, name: string): boolean {
  return eventsOfType(events, 'serving').some(
    (event) => event.source === source && event.resourceType === 'SDS' && event.resource === name,
  );
}

function findRefusal(events: readonly TimelineEvent[], name: string): { readonly told?: string } {
  const texts = eventsOfType(events, 'log').map(({ text }) => TOLD.exec(text));
  const told = texts.findLast((match) => match?.[1] === name)?.[2];
  return told === undefined ? {} : { told };
}
