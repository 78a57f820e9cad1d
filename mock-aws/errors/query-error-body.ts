import type { AwsFailure } from './types.ts';

/** The XML envelope of the query protocol: two-space indent, trailing newline (aws.md 1.2). */
export function createQueryErrorXml(failure: AwsFailure, envelope: { namespace: string; requestId: string }): string {
  const message = failure.message === undefined ? '' : `    <Message>${escapeXmlText(failure.message)}</Message>\n`;
  return (
    `<ErrorResponse xmlns="${envelope.namespace}">\n` +
    '  <Error>\n' +
    `    <Type>${getErrorType(failure)}</Type>\n` +
    `    <Code>${failure.code ?? ''}</Code>\n` +
    message +
    '  </Error>\n' +
    `  <RequestId>${escapeXmlText(envelope.requestId)}</RequestId>\n` +
    '</ErrorResponse>\n'
  );
}

/** The same envelope for a client that accepts `application/json` (aws.md 1.2). */
export function createQueryErrorJson(failure: AwsFailure, requestId: string): string {
  const error = { Code: failure.code, Message: failure.message, Type: getErrorType(failure) };
  return JSON.stringify({ Error: error, RequestId: requestId });
}

function getErrorType(failure: AwsFailure): 'Sender' | 'Receiver' {
  return failure.status < 500 ? 'Sender' : 'Receiver';
}

const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Quotes stay as they are in text, as AWS leaves them; characters that XML 1.0 cannot hold become U+FFFD. */
function escapeXmlText(text: string): string {
  return text
    .replace(/[&<>]/g, (character) => XML_ESCAPES[character] ?? character)
    .replace(/(?![\t\n\r\u007f-\u009f])\p{Cc}|[\ufffe\uffff]/gu, '\ufffd')
    .toWellFormed();
}
