import type { RawHeaders } from '#core/http-message.ts';

/** What went wrong, free of the way a service words it. A refused verdict of the verifier is one. */
export interface AwsFailure {
  readonly status: number;
  /** Error code or type of the family; absent where AWS names none. */
  readonly code: string | undefined;
  /** Absent where AWS sends no text. */
  readonly message: string | undefined;
  /** Name of the text in a JSON body: Lambda writes `Message` for some types (aws.md 2.7). Default `message`. */
  readonly member?: 'message' | 'Message';
  /** Further members of a JSON body, before the text, such as `Type: 'User'`. */
  readonly details?: Readonly<Record<string, string>>;
  /** Further headers, such as `Retry-After`. */
  readonly headers?: RawHeaders;
}

/** How a service writes its errors (aws.md 1.1, 1.2). */
export type ErrorForm =
  | { readonly family: 'rest-json' }
  | {
      readonly family: 'query';
      /** Namespace of the `ErrorResponse` element. */
      readonly namespace: string;
      /** The request's `Accept` header: `application/json` gets the same envelope as JSON. */
      readonly accept?: string | undefined;
    };
