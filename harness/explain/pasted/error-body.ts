import { readCheckedText } from './checked-text.ts';
import type { PastedAnswer } from './types.ts';
import { readXmlElement } from './xml-element.ts';

/**
 * The code and message of an AWS error: JSON of Lambda and its like (`{"message":"..."}`, `__type`), XML of STS, IAM and S3
 * (`<Code>`, `<Message>`), the sentence that a CLI or SDK makes of it; aws.md 1.1. Undefined for any other text.
 */
export function readErrorBody(text: string): PastedAnswer | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return readJson(trimmed);
  return trimmed.startsWith('<') ? readXml(trimmed) : readSentence(trimmed);
}

function readJson(text: string): PastedAnswer | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = readFields(body);
  const { error, code = fields['__type'], message, errormessage, errortype } = fields;
  if (typeof error === 'object' && error !== null) return readJson(JSON.stringify(error));
  if (typeof errormessage === 'string') return readFunctionError(errormessage, errortype);
  if (typeof message !== 'string' && typeof code !== 'string') return undefined;
  return createAnswer(
    typeof code === 'string' ? code : findCode(fields),
    typeof message === 'string' ? message : undefined,
  );
}

function readFields(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]: [string, unknown]) => [name.toLowerCase(), value]),
  );
}

/** Lambda names the code in a header only, but the reason of a throttle in the body (aws.md 2.7). */
function findCode({ reason, message }: Readonly<Record<string, unknown>>): string | undefined {
  const isThrottle = /InvocationLimitExceeded|InvocationRateExceeded|InvocationRateLimitExceeded/.test(String(reason));
  return isThrottle || message === 'Rate Exceeded.' ? 'TooManyRequestsException' : undefined;
}

function readFunctionError(message: string, type: unknown): PastedAnswer {
  return { isFunctionError: true, message, ...(typeof type === 'string' && { code: type }) };
}

/** A few elements of a known shape: no parser is worth its weight for them, and a broken document is read as far as it goes. */
function readXml(text: string): PastedAnswer | undefined {
  // Some front ends name the code by the element: <MissingAuthenticationTokenException><Message>.
  const code = readXmlElement(text, 'Code') ?? /<(\w+Exception)>/.exec(text)?.[1];
  if (code === undefined) return undefined;
  const answer = createAnswer(code, readXmlElement(text, 'Message'));
  const [canonicalRequest, stringToSign, signature] = ['CanonicalRequest', 'StringToSign', 'SignatureProvided'].map(
    (name) => readXmlElement(text, name),
  );
  if (canonicalRequest === undefined || stringToSign === undefined) return answer;
  return { ...answer, checked: { canonicalRequest, stringToSign, ...(signature !== undefined && { signature }) } };
}

const SENTENCES = [
  // The AWS CLI and botocore.
  /An error occurred \((\w+)\) when calling the \w+ operation(?: \(.*?\))?: ([^]*)$/,
  // The SDKs' exceptions, by class and text.
  /^(?:[\w.$]*\.)?(\w+(?:Exception|DoesNotMatch|InvalidClientTokenId|ExpiredToken|IncompleteSignature|AccessDenied))(?:: | - )([^]*)$/,
];

function readSentence(text: string): PastedAnswer | undefined {
  const [, code, message = ''] = SENTENCES.map((form) => form.exec(text)).find((match) => match !== null) ?? [];
  return code === undefined ? undefined : createAnswer(code, message.trim());
}

function createAnswer(code: string | undefined, message: string | undefined): PastedAnswer {
  const checked = message === undefined ? undefined : readCheckedText(message);
  return {
    ...(code !== undefined && { code: trimCode(code) }),
    ...(message !== undefined && { message }),
    ...(checked !== undefined && { checked }),
  };
}

/** `com.amazon#AccessDeniedException` and `AccessDeniedException:http://...` mean the same code. */
export function trimCode(code: string): string {
  return code.replace(/^.*#/, '').replace(/:.*$/, '').trim();
}
