import type { RawHeaders } from '#core/http-message.ts';
import type { Principal, ReceivedRequest } from './sigv4/types.ts';

/** The services of this mock, as credential scopes name them. */
export type ServiceName = 'lambda' | 'iam' | 'sts';

/** A request whose signature was accepted, on its way to an operation. */
export interface AwsCall {
  /** As the service sees it, after the front end. */
  readonly request: ReceivedRequest;
  readonly requestId: string;
  readonly caller: Principal;
  /** Tells the journal which operation this is, as soon as that is known. */
  nameOperation(operation: string): void;
  /** Answers; called once, now or later. */
  respond(answer: AwsAnswer): void;
  /** Calls back when the caller goes away before it was answered. */
  onAbandoned(callback: () => void): void;
}

/** What an operation answers. `Date` and `Connection` are the server's to add. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: string | Buffer;
}

/** One service behind the verifier. */
export interface AwsService {
  /**
   * Performs the operation and responds, now or later. It throws, or its promise rejects, with a ServiceError instead of
   * responding, for what the caller did wrong.
   */
  handle(call: AwsCall): void | Promise<void>;
  /** Whether a request needs no signature. Default: every one needs one. */
  isAnonymous?(request: ReceivedRequest): boolean;
}
