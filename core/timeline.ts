import type { Clock, Instant } from './clock.ts';
import type { RequestHead, ResponseHead } from './http-message.ts';

/** How sure we are that the real thing behaves so: the grade of a rule's source. */
export type Evidence = 'documented' | 'measured' | 'reported' | 'assumed';

/** A change that a hop made to a request it passed on. */
export interface HeaderChange {
  /** The rule or feature that made the change, such as `host-port`. */
  readonly rule: string;
  /** Lower-cased header name, or `:path`, `:method`. */
  readonly header: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly evidence?: Evidence;
}

/** A resource and the version it came with. */
export interface ConfigVersion {
  readonly name: string;
  /** Empty for one that did not come from a control plane. */
  readonly version: string;
}

/** The listener that accepted a request's connection, and the route table that was asked for its route. */
export interface ServedBy {
  readonly listener: ConfigVersion;
  /** Absent when the routes are part of the listener, or when it never came to look for one. */
  readonly routes?: ConfigVersion;
}

/** Why a call was refused, in the words that are printed. */
export interface ExplanationOfCall {
  /** A stable word such as `host-port`, or `unexplained`. */
  readonly cause: string;
  readonly grade: 'proved' | 'consistent' | 'likely' | 'unexplained';
  /** The header that changed, lower case. */
  readonly header?: string;
  /** One sentence: why. */
  readonly sentence: string;
  /** Which hop signed and which hop changed. */
  readonly where?: string;
  /** What the grade rests on, one clause a line. */
  readonly proof?: readonly string[];
  readonly fix?: string;
  /** The canonical requests compared and the path, ready to print without indentation. */
  readonly details?: readonly string[];
}

/** What happened, without where and when. Values are plain data: no secrets, no wall-clock times. */
export type TimelineFact =
  | { readonly type: 'run-started'; readonly seed: string; readonly backend: string }
  | { readonly type: 'scenario-started'; readonly scenario: string; readonly title: string }
  | {
      readonly type: 'scenario-finished';
      readonly scenario: string;
      readonly outcome: 'passed' | 'failed' | 'skipped';
      readonly virtualMs: number;
      readonly reason?: string;
    }
  | { readonly type: 'step-started'; readonly step: number; readonly title: string; readonly role?: 'fault' | 'fix' }
  | {
      readonly type: 'step-finished';
      readonly step: number;
      readonly title: string;
      readonly outcome: 'ok' | 'failed' | 'left-out';
      readonly note?: string;
    }
  | {
      readonly type: 'expectation';
      readonly text: string;
      readonly outcome: 'held' | 'failed';
      readonly attempts?: number;
    }
  | ({ readonly type: 'explanation' } & ExplanationOfCall)
  /** A caller sent a request and got an answer (or none). */
  | {
      readonly type: 'call';
      readonly call: number;
      readonly request: RequestHead;
      readonly to: string;
      readonly response?: ResponseHead;
      readonly error?: string;
    }
  /** One process passed a request on: what came in, what went out, which changes it made on purpose. */
  | {
      readonly type: 'hop';
      readonly hop: string;
      readonly kind: 'port-forward' | 'proxy';
      readonly received: RequestHead;
      readonly sent?: RequestHead;
      readonly to?: string;
      readonly route?: string;
      readonly changes: readonly HeaderChange[];
      /** The configuration that a proxy served the request by. */
      readonly servedBy?: ServedBy;
      readonly answeredLocally?: { readonly status: number; readonly flags: string; readonly detail: string };
    }
  | {
      readonly type: 'hop-answered';
      readonly hop: string;
      readonly response: ResponseHead;
      readonly requestId?: string;
    }
  /** A filter could not read what a function answered, and answered for it. */
  | {
      readonly type: 'answer-unreadable';
      readonly filter: string;
      readonly awsRequestId?: string;
    }
  | {
      readonly type: 'signed';
      readonly filter: string;
      readonly dialect: string;
      readonly request: RequestHead;
      readonly canonicalRequest: string;
      readonly stringToSign: string;
      readonly signedHeaders: readonly string[];
      readonly accessKeyId: string;
      readonly requestId?: string;
    }
  | { readonly type: 'left-unsigned'; readonly filter: string; readonly reason: string; readonly requestId?: string }
  /** The mock's answer to "is this signature right", with what it checked. */
  | {
      readonly type: 'verdict';
      readonly service: string;
      readonly awsRequestId: string;
      readonly received: RequestHead;
      readonly checked: RequestHead;
      readonly edgeChanges: readonly HeaderChange[];
      readonly accepted: boolean;
      readonly status: number;
      readonly code?: string;
      /** Which check failed: `key-unknown`, `token-expired`, `signature-mismatch` and so on. */
      readonly failure?: string;
      /** AWS's text for it. */
      readonly message?: string;
      readonly accessKeyId?: string;
      /** ARN of who the key belongs to; for a session the session's own. */
      readonly principal?: string;
      readonly canonicalRequest?: string;
      readonly stringToSign?: string;
      readonly warnings?: readonly string[];
    }
  | {
      readonly type: 'aws-answered';
      readonly service: string;
      readonly operation: string;
      readonly awsRequestId: string;
      readonly status: number;
      readonly code?: string;
    }
  | {
      readonly type: 'invocation';
      readonly functionName: string;
      readonly awsRequestId: string;
      readonly phase: 'cold-start' | 'started' | 'finished' | 'abandoned';
      readonly outcome?: string;
      readonly durationMs?: number;
    }
  | {
      readonly type: 'access-key';
      readonly action: 'created' | 'activated' | 'deactivated' | 'deleted' | 'used';
      readonly accessKeyId: string;
      readonly user: string;
    }
  | {
      readonly type: 'credential';
      readonly provider: string;
      readonly outcome: 'found' | 'missing' | 'failed';
      readonly accessKeyId?: string;
      /** When the keys lapse, where their source says so. */
      readonly expiresAt?: Instant;
      /** Why a fetch failed. */
      readonly reason?: string;
    }
  | {
      readonly type: 'applied';
      readonly action: 'created' | 'configured' | 'unchanged' | 'deleted';
      readonly kind: string;
      readonly namespace: string;
      readonly name: string;
    }
  | {
      readonly type: 'pod';
      readonly pod: string;
      readonly phase: 'starting' | 'ready' | 'stopped';
      readonly ip?: string;
    }
  /** The kubelet put new content into a volume of a running pod. */
  | { readonly type: 'volume'; readonly pod: string; readonly volume: string; readonly files: readonly string[] }
  /** A control plane has something new to tell: pushes of these types follow, to every proxy that watches them. */
  | {
      readonly type: 'push-due';
      readonly version: string;
      readonly reason: string;
      readonly resourceTypes: readonly string[];
    }
  /** Somebody looked into the mesh with a command of istioctl, which printed this table. */
  | { readonly type: 'listing'; readonly command: string; readonly table: string }
  | {
      readonly type: 'push';
      readonly proxy: string;
      readonly resourceType: string;
      readonly version: string;
      readonly nonce: string;
      readonly resources: readonly string[];
    }
  | {
      readonly type: 'ack';
      readonly proxy: string;
      readonly resourceType: string;
      readonly version: string;
      readonly nonce: string;
    }
  | {
      readonly type: 'nack';
      readonly proxy: string;
      readonly resourceType: string;
      readonly version: string;
      readonly nonce: string;
      readonly error: string;
    }
  | {
      readonly type: 'warming';
      readonly resourceType: string;
      readonly resource: string;
      readonly version: string;
      readonly waitsFor: readonly string[];
    }
  | { readonly type: 'serving'; readonly resourceType: string; readonly resource: string; readonly version: string }
  | {
      readonly type: 'connection';
      readonly phase: 'refused' | 'failed' | 'reset';
      readonly to: string;
      readonly reason: string;
      /** What the first bytes of a connection that was turned away asked for: `TLS for "lambda.external"`, `plain text`. */
      readonly asked?: string;
    }
  | { readonly type: 'fault'; readonly fault: string; readonly hop: string; readonly phase: 'started' | 'ended' }
  | { readonly type: 'clock-jump'; readonly from: Instant; readonly to: Instant }
  | { readonly type: 'log'; readonly level: string; readonly component: string; readonly text: string };

/** A fact with its place in the stream. `source` names the process: `proxy "httpbin-7c9"`, `mock-aws`, `runner`. */
export type TimelineEvent = TimelineFact & {
  readonly seq: number;
  readonly at: Instant;
  readonly source: string;
};

export type TimelineEventOf<Type extends TimelineFact['type']> = Extract<TimelineEvent, { type: Type }>;

/** The one event stream of a run. Terminal, JSON lines, JUnit and reports are readers of it. */
export interface Timeline {
  emit(fact: TimelineFact & { readonly source: string }): void;
  /** As `emit`, for what is costly to describe: it is described only where somebody can read it. */
  emitLazily(describe: () => TimelineFact & { readonly source: string }): void;
  /** Calls `listener` for every later event. A listener that throws does not disturb the run. */
  subscribe(listener: (event: TimelineEvent) => void): Disposable;
  /** Every event so far, oldest first. */
  events(): readonly TimelineEvent[];
}

export function createTimeline(clock: Pick<Clock, 'now'>): Timeline {
  const events: TimelineEvent[] = [];
  const listeners = new Set<(event: TimelineEvent) => void>();

  const emit: Timeline['emit'] = (fact) => {
    const event: TimelineEvent = { seq: events.length + 1, at: clock.now(), ...fact };
    events.push(event);
    for (const listener of listeners) tell(listener, event);
  };

  return {
    emit,
    emitLazily: (describe) => emit(describe()),
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    events: () => events,
  };
}

function tell(listener: (event: TimelineEvent) => void, event: TimelineEvent): void {
  try {
    listener(event);
  } catch (error) {
    process.stderr.write(`a reader of the timeline failed: ${String(error)}\n`);
  }
}

/** Narrows a stream to one type of event. */
export function eventsOfType<Type extends TimelineFact['type']>(
  events: readonly TimelineEvent[],
  type: Type,
): TimelineEventOf<Type>[] {
  return events.filter((event): event is TimelineEventOf<Type> => event.type === type);
}
