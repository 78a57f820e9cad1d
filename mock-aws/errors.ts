import type { RawHeaders } from '#core/http-message.ts';
import { createQueryErrorJson, createQueryErrorXml } from './errors/query-error-body.ts';
import type { AwsFailure, ErrorForm } from './errors/types.ts';

export type { AwsFailure, ErrorForm } from './errors/types.ts';

/** A whole answer, byte for byte. `Date` and `Connection` are the server's to add. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

export const LAMBDA_ERRORS: ErrorForm = { family: 'rest-json' };
export const STS_ERRORS: ErrorForm = { family: 'query', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' };
export const IAM_ERRORS: ErrorForm = { family: 'query', namespace: 'https://iam.amazonaws.com/doc/2010-05-08/' };

/**
 * The answer AWS gives to a failure: status, headers in AWS's casing, body (aws.md 1.1 to 1.6).
 *
 * A failure without code and text is answered as bare as AWS does: 302 with a product page's address, 403 with an HTML
 * page, anything else empty.
 */
export function createErrorAnswer(failure: AwsFailure, form: ErrorForm, requestId: string): ErrorAnswer {
  if (failure.code === undefined && failure.message === undefined) return createBareAnswer(failure);
  return form.family === 'rest-json'
    ? createJsonAnswer(failure, requestId)
    : createQueryAnswer(failure, form, requestId);
}

function createJsonAnswer(failure: AwsFailure, requestId: string): ErrorAnswer {
  const text = { ...failure.details, [failure.member ?? 'message']: failure.message ?? null };
  const headers = ['x-amzn-RequestId', requestId];
  if (failure.code !== undefined) headers.push('x-amzn-ErrorType', failure.code);
  return createAnswer(failure, { contentType: 'application/json', headers, body: JSON.stringify(text) });
}

function createQueryAnswer(failure: AwsFailure, form: ErrorForm & { family: 'query' }, requestId: string): ErrorAnswer {
  const isJson = form.accept?.includes('application/json') === true;
  return createAnswer(failure, {
    contentType: isJson ? 'application/json' : 'text/xml',
    headers: ['x-amzn-RequestId', requestId],
    body: isJson
      ? createQueryErrorJson(failure, requestId)
      : createQueryErrorXml(failure, { namespace: form.namespace, requestId }),
  });
}

/** STS and IAM both redirect to the page of IAM. The page text was not recorded; only that it is small and HTML. */
function createBareAnswer(failure: AwsFailure): ErrorAnswer {
  const { status } = failure;
  if (status === 302) {
    return {
      status,
      headers: ['Location', 'https://aws.amazon.com/iam', 'Content-Length', '0'],
      body: Buffer.alloc(0),
    };
  }
  if (status !== 403) return { status, headers: ['Content-Length', '0'], body: Buffer.alloc(0) };
  const page = '<html>\n<head><title>403 Forbidden</title></head>\n<body><h1>403 Forbidden</h1></body>\n</html>\n';
  return createAnswer(failure, { contentType: 'text/html', headers: [], body: page });
}

interface AnswerParts {
  readonly contentType: string;
  readonly headers: RawHeaders;
  readonly body: string;
}

function createAnswer(failure: AwsFailure, { contentType, headers, body }: AnswerParts): ErrorAnswer {
  const bytes = Buffer.from(body, 'utf8');
  return {
    status: failure.status,
    headers: [
      ...headers,
      ...(failure.headers ?? []),
      'Content-Type',
      contentType,
      'Content-Length',
      String(bytes.length),
    ],
    body: bytes,
  };
}
