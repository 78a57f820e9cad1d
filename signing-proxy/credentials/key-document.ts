import type { Instant } from '#core/clock.ts';
import type { Credentials } from './types.ts';

/** What instance metadata and container endpoints answer. */
export interface KeyDocument {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** As it stands in the document, empty when it has none. */
  readonly expiration: string;
}

/** A document that is not one. The message never holds any of it. */
export class DocumentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DocumentError';
  }
}

/** @throws DocumentError when the text is not a JSON object. What is missing in it, or not a text, is empty. */
export function parseKeyDocument(text: string): KeyDocument {
  const fields = parseObject(text);
  return {
    accessKeyId: readText(fields, 'AccessKeyId'),
    secretAccessKey: readText(fields, 'SecretAccessKey'),
    sessionToken: readText(fields, 'Token'),
    expiration: readText(fields, 'Expiration'),
  };
}

/** The keys of a document; undefined when half of the pair is missing. */
export function toCredentials(document: KeyDocument): Credentials | undefined {
  const { accessKeyId, secretAccessKey, sessionToken } = document;
  return accessKeyId === '' || secretAccessKey === '' ? undefined : { accessKeyId, secretAccessKey, sessionToken };
}

/** The moment that an ISO date names; undefined when it is not one. */
export function parseExpiration(text: string): Instant | undefined {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** @throws DocumentError in words of Envoy's JSON loader, without the text, which may hold secrets */
export function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DocumentError('JSON supplied is not valid. Error: syntax error while parsing value');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DocumentError('JSON supplied is not valid. Error: not an object');
  return value;
}

/** A text among the fields of an object; empty when there is none of the name. */
export function readText(fields: object, name: string): string {
  const value: unknown = Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** An object among the fields of an object. */
export function findObject(fields: object, name: string): object | undefined {
  const value: unknown = Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
