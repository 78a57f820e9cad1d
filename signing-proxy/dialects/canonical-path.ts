import { encode } from './percent-encoding.ts';

const RESERVED = /[^A-Za-z0-9\-._~]/g;

/** Encodes every segment; empty ones are dropped, a last slash stays. */
export function encodeSegments(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const text = segments.map((segment) => `/${encode(segment, RESERVED)}`).join('');
  return path.endsWith('/') || text === '' ? `${text}/` : text;
}
