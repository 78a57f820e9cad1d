/** A part of a push that is sent by itself. */
export interface PlannedPart {
  readonly typeUrls: readonly string[];
  /** How long it waits, in milliseconds; `Infinity` waits until the fault ends. */
  readonly delayMs: number;
}

/** Something that goes wrong between a control plane and its proxies, as a value. */
export interface PushFault {
  readonly name: string;
  /** When which types of a push are sent, given those that are due in the order of pushes. Default: all at once. */
  readonly plan?: (typeUrls: readonly string[]) => readonly PlannedPart[];
  /** Whether responses get lost after they were sent. */
  readonly losesResponses?: boolean;
  /** Whether the streams that are open when the fault begins are ended. */
  readonly endsStreams?: boolean;
}

/**
 * Every push waits in the control plane before it is sent, as when many proxies are pushed to at once. Nothing new has been
 * sent meanwhile, so proxy-status goes on to say SYNCED (gateways.md 5.9). Answers to requests do not wait.
 *
 * @param delayMs left out, until the fault ends: then what waits is sent
 */
export function latePush(delayMs = Infinity): PushFault {
  const name = delayMs === Infinity ? 'late-push' : `late-push ${delayMs}ms`;
  return { name, plan: (typeUrls) => [{ typeUrls, delayMs }] };
}

/** What is sent does not arrive, as when a proxy is stuck: proxy-status says STALE until a later response is answered. */
export function lostPush(): PushFault {
  return { name: 'lost-push', losesResponses: true };
}

/** The types of a push are sent in the wrong order, the last one first, each `gapMs` after the one before. */
export function reorderedPush(gapMs: number): PushFault {
  return {
    name: `reordered-push ${gapMs}ms`,
    plan: (typeUrls) =>
      typeUrls.toReversed().map((typeUrl, index) => ({ typeUrls: [typeUrl], delayMs: index * gapMs })),
  };
}

/** The control plane ends the streams that are open, as istiod does with streams half an hour old (xds.md 2.4). */
export function endedStream(): PushFault {
  return { name: 'ended-stream', endsStreams: true };
}
