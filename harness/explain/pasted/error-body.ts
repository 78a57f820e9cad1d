import type { PastedAnswer } from './types.ts';

/**
 * The code and message of an AWS error body: JSON of Lambda and its like (`{"message":"..."}`, `__type`), XML of STS and IAM
 * (`<Code>`, `<Message>`); aws.md 1.1. Undefined for any other text.
 */
export function readErrorBody(text: string): PastedAnswer | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return readJson(trimmed);
  return trimmed.startsWith('<') ? readXml(trimmed) : undefined;
}

function readJson(text: string): PastedAnswer | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value as unknown]));
  const message = fields.get('message');
  const code = fields.get('__type') ?? fields.get('code');
  if (typeof message !== 'string' && typeof code !== 'string') return undefined;
  return {
    ...(typeof code === 'string' ? { code: trimCode(code) } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

/** Two elements of a known shape: no parser is worth its weight for them, and a broken document is read as far as it goes. */
function readXml(text: string): PastedAnswer | undefined {
  const [, code] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  if (code === undefined) return undefined;
  return { code: trimCode(code), ...(message === undefined ? {} : { message: unescapeXml(message) }) };
}

/** `com.amazon#AccessDeniedException` and `AccessDeniedException:http://...` mean the same code. */
export function trimCode(code: string): string {
  return code.replace(/^.*#/, '').replace(/:.*$/, '').trim();
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
