import { getHeader } from '#core/http-message.ts';
import type { Change } from '../change.ts';
import type { SearchSubject } from '../search-subject.ts';
import { findLine, type SecretForm } from '../signing-parts.ts';

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS'];

/** Another method than the one received. */
export function createMethodChanges({ parts, observed }: SearchSubject): Change[] {
  const create = (method: string, origin: Change['origin']): Change => ({
    cause: 'method-changed',
    edit: { method },
    reading: `the method is read as "${method}"`,
    origin,
    subject: ':method',
    signed: method,
    checked: parts.method,
  });
  return [
    ...observed.map(({ method }) => create(method, 'observed')),
    ...METHODS.map((method) => create(method, 'usual')),
    ...[parts.method.toUpperCase(), parts.method.toLowerCase()].map((method) => create(method, 'rare')),
  ].filter(({ signed }) => signed !== parts.method);
}

const SECRET_FORMS: readonly (readonly [SecretForm, string])[] = [
  ['trailing-newline', 'a line feed after it'],
  ['trailing-blank', 'a blank after it'],
  ['trailing-crlf', 'CRLF after it'],
  ['double-quoted', 'double quotes around it'],
  ['single-quoted', 'single quotes around it'],
];

/** The right secret with what `echo | base64`, editors and shells leave around it. */
export function createSecretChanges(): Change[] {
  return SECRET_FORMS.map(([secretForm, how]) => ({
    cause: 'secret-whitespace',
    edit: { secretForm },
    reading: `the secret key is used with ${how}`,
    origin: 'usual',
    subject: ':secret',
    signed: how,
    checked: undefined,
  }));
}

/** Another list of signed headers: the token in or out of it, names sorted or in lower case. */
export function createSignedHeadersChanges({ parts, received }: SearchSubject): Change[] {
  const names = parts.signedHeaders.split(';');
  const lower = names.map((name) => name.toLowerCase());
  const lists = [lower.join(';'), lower.toSorted().join(';')].filter((list) => list !== parts.signedHeaders);
  return [
    ...lists.map((list): Change => ({
      cause: 'signed-headers',
      edit: { signedHeaders: list },
      reading: `the signed headers are listed as "${list}"`,
      origin: 'usual',
      subject: ':signed-headers',
      signed: list,
      checked: parts.signedHeaders,
    })),
    ...createTokenChanges(parts.signedHeaders, findLine(parts, TOKEN), getHeader(received.headers, TOKEN)),
  ];
}

const TOKEN = 'x-amz-security-token';

function createTokenChanges(list: string, signed: string | undefined, present: string | undefined): Change[] {
  if (signed === undefined && present === undefined) return [];
  const names = list.split(';');
  const without = names.filter((name) => name !== TOKEN).join(';');
  const withToken = [...new Set([...names, TOKEN])].toSorted().join(';');
  const isSigned = signed !== undefined;
  return [
    {
      cause: 'session-token',
      edit: { signedHeaders: isSigned ? without : withToken, headers: { [TOKEN]: isSigned ? undefined : present } },
      reading: isSigned
        ? 'the session token is left out of the signed headers'
        : 'the session token is among the signed headers',
      origin: 'usual',
      subject: TOKEN,
      // A token is a secret: only that it is there is said.
      signed: isSigned ? undefined : '(hidden)',
      checked: isSigned ? '(hidden)' : undefined,
    },
  ];
}
