import { parseRawRequest } from '../parse-raw-request.ts';
import { isCurlTrace, readCurlTrace } from './curl-trace.ts';
import { isEnvoyLog, readEnvoyLog } from './envoy-log.ts';
import { readErrorBody } from './error-body.ts';
import type { Pasted } from './types.ts';

/**
 * Reads what people paste: one raw HTTP request, the trace of `curl -v`, the debug log of an Envoy, or the body of an AWS error.
 *
 * @param file name for messages only
 * @throws MeshrigError INVALID_REQUEST with line and column
 */
export function readPasted(bytes: Uint8Array, file: string): Pasted {
  const text = Buffer.from(bytes).toString('latin1');
  if (isEnvoyLog(text)) return readEnvoyLog(text, file);
  if (isCurlTrace(text)) return readCurlTrace(text, file);
  const answer = readErrorBody(text);
  if (answer !== undefined) return { form: 'answer', answer };
  return { form: 'raw request', ...parseRawRequest(bytes, file) };
}
