import type { RequestHead } from '#core/http-message.ts';
import type { Timeline } from '#core/timeline.ts';
import type { EndpointFailure, FailureWindow } from './endpoint-failure.ts';

interface Planned {
  readonly failure: EndpointFailure;
  readonly window: FailureWindow;
  /** Requests that the window was asked about. */
  seen: number;
}

/** The failures planned for one endpoint. Of several that concern a request the latest one wins. */
export class FailureSchedule {
  readonly #endpoint: string;
  readonly #timeline: Timeline;
  readonly #planned: Planned[] = [];

  constructor(endpoint: string, timeline: Timeline) {
    this.#endpoint = endpoint;
    this.#timeline = timeline;
  }

  /** Plans a failure; disposing the result ends it. */
  plan(failure: EndpointFailure, window: FailureWindow = {}): Disposable {
    const planned = { failure, window, seen: 0 };
    this.#planned.push(planned);
    this.#report(failure, 'started');
    return {
      [Symbol.dispose]: () => {
        const index = this.#planned.indexOf(planned);
        if (index === -1) return;
        this.#planned.splice(index, 1);
        this.#report(failure, 'ended');
      },
    };
  }

  /** The failure that this request meets. Counts it, so it is asked once for each. */
  next(request: RequestHead): EndpointFailure | undefined {
    if (this.#planned.length === 0) return undefined;
    const text = `${request.method} ${request.target}`;
    const matching = this.#planned.filter(({ window }) => window.request?.test(text) ?? true);
    const due = matching.filter((planned) => isDue(planned, planned.seen++));
    return due.at(-1)?.failure;
  }

  #report(failure: EndpointFailure, phase: 'started' | 'ended'): void {
    const fault = failure.kind === 'status' ? `status ${failure.status}` : failure.kind;
    this.#timeline.emit({ type: 'fault', source: 'mock-aws', fault, hop: this.#endpoint, phase });
  }
}

function isDue({ window: { after = 0, times = Infinity } }: Planned, index: number): boolean {
  return index >= after && index < after + times;
}
