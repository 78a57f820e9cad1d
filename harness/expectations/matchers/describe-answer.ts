import { getHeader } from '#core/http-message.ts';
import type { CallResult } from '../../backends/backend.ts';

/** `403 InvalidSignatureException` or `200`. */
export function describeAnswer(result: CallResult): string {
  const code = findErrorCode(result);
  return code === undefined ? String(result.status) : `${result.status} ${code}`;
}

/** The error code an AWS service names: in a header (Lambda) or in the XML body (STS, IAM); aws.md 1.1. */
export function findErrorCode(result: CallResult): string | undefined {
  const type = getHeader(result.headers, 'x-amzn-errortype');
  if (type !== undefined) return type.split(':', 1)[0];
  return /<Code>([^<]+)<\/Code>/.exec(result.text())?.[1];
}

/** Text on one line, cut at `limit` characters. */
export function shorten(text: string, limit = 120): string {
  const line = JSON.stringify(text);
  return line.length <= limit ? line : `${line.slice(0, limit - 3)}...`;
}
