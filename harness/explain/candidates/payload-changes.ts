import { EMPTY_SHA256, sha256Hex } from '#mock-aws/sigv4/digest.ts';
import { getHeader } from '#core/http-message.ts';
import type { Change } from '../change.ts';
import type { SearchSubject } from '../search-subject.ts';
import { findLine, type PartsEdit, type SigningParts } from '../signing-parts.ts';

interface BodyForm {
  readonly bytes: Buffer;
  readonly how: string;
}

/** Other payload hashes that may have been signed (aws.md 1.12). */
export function createPayloadChanges(subject: SearchSubject): Change[] {
  const { parts, body, received } = subject;
  const declared = getHeader(received.headers, 'x-amz-content-sha256');
  const changes = [
    ...(declared === undefined ? [] : [createChange(parts, declared, 'that of x-amz-content-sha256', 'observed')]),
    createChange(parts, EMPTY_SHA256, 'that of an empty body', 'usual'),
    createChange(parts, 'UNSIGNED-PAYLOAD', '"UNSIGNED-PAYLOAD"', 'usual'),
    createChange(parts, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '"STREAMING-AWS4-HMAC-SHA256-PAYLOAD"', 'rare'),
    createChange(parts, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', '"STREAMING-UNSIGNED-PAYLOAD-TRAILER"', 'rare'),
    createChange(parts, '', 'empty', 'rare'),
    ...(body === undefined ? [] : listBodyForms(Buffer.from(body)).flatMap((form) => createBodyChanges(parts, form))),
  ];
  return changes.filter(({ signed }) => signed !== parts.payloadHash);
}

/** What editors, shells and JSON libraries make of a body. */
function listBodyForms(body: Buffer): BodyForm[] {
  const text = body.toString('latin1');
  const forms: readonly (readonly [string, string])[] = [
    [text, 'the body received'],
    [`${text}\n`, 'the body with a line feed after it'],
    [`${text}\r\n`, 'the body with CRLF after it'],
    [text.replace(/\r?\n$/, ''), 'the body without its last line ending'],
    [text.replaceAll('\r\n', '\n'), 'the body with LF line endings'],
    [text.replaceAll(/\r?\n/g, '\r\n'), 'the body with CRLF line endings'],
    [text.trim(), 'the body without blanks around it'],
    [text.replaceAll(/\r?\n/g, ''), 'the body without line endings'],
    [body.toString('utf8'), 'the body in Latin-1'],
    [Buffer.from(text, 'utf8').toString('latin1'), 'the body in UTF-8'],
    ...listJsonForms(body),
  ];
  return forms.map(([form, how]) => ({ bytes: Buffer.from(form, 'latin1'), how }));
}

function listJsonForms(body: Buffer): [string, string][] {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    const toBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    return [
      [toBytes(JSON.stringify(value)), 'the body as compact JSON'],
      [toBytes(JSON.stringify(value, undefined, 2)), 'the body as indented JSON'],
      [toBytes(JSON.stringify(JSON.stringify(value))), 'the body as a JSON string'],
    ];
  } catch {
    return [];
  }
}

/** Another body has another length and another declared hash too, where these are signed. */
function createBodyChanges(parts: SigningParts, { bytes, how }: BodyForm): Change[] {
  const hash = sha256Hex(bytes);
  const headers: Record<string, string> = {};
  if (findLine(parts, 'x-amz-content-sha256') !== undefined) headers['x-amz-content-sha256'] = hash;
  if (findLine(parts, 'content-length') !== undefined) headers['content-length'] = String(bytes.length);
  const alone = createChange(parts, hash, `that of ${how}`, 'usual');
  return Object.keys(headers).length === 0
    ? [alone]
    : [alone, { ...alone, edit: { payloadHash: hash, headers } satisfies PartsEdit }];
}

function createChange(parts: SigningParts, payloadHash: string, how: string, origin: Change['origin']): Change {
  return {
    cause: 'payload-hash',
    edit: { payloadHash },
    reading: `the payload hash is ${how}`,
    origin,
    subject: ':payload',
    signed: payloadHash,
    checked: parts.payloadHash,
  };
}
