import type { Random } from '#core/random.ts';

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PURGE'];
const SEGMENTS = [
  'a',
  'B9',
  '~x',
  '-._~',
  '',
  '.',
  '..',
  '...',
  '%20',
  '%2F',
  '%2e%2e',
  '%zz',
  '%',
  '%C3%A9',
  '%7e',
  'a+b',
  'a:b',
  '@',
  "it's",
  '(x)',
  '*',
  'a,b',
  'a;b',
  'a=b',
  '$&',
  '!',
  '|',
  '[x]',
  '{y}',
  '^',
  '`',
  '"',
  '<z>',
];
const PIECES = [
  'a',
  'b',
  'A',
  'a%20',
  'a!',
  'a-',
  '%61',
  'q=',
  'q=1',
  'q=2',
  'a=b=c',
  'a=%2B',
  'a=+',
  'a=%zz',
  'a=%e',
  'x:y=z/w',
  '=v',
  '',
  'k=%3d',
  'k=%3D',
  'k=~*()',
  "k='",
  'k=%C3%A9',
  'k?=?',
  'k=a,b',
  'k=@',
  'k=[1]',
  'K=1',
  'k',
  'X-Amz-Foo=1',
  'b=2&b=1',
];
const NAMES = [
  'x-a',
  'X-A',
  'x-b',
  'x_c',
  'x.d',
  'accept',
  'Accept',
  'accept-encoding',
  'cookie',
  'user-agent',
  'referer',
  'te',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-client-cert',
  'via',
  'x-envoy-retry-on',
  'x-envoy-max-retries',
  'x-envoy-foo',
  'x-envoy-internal',
  'x-amzn-trace-id',
  'x-amzn-foo',
  'x-amz-foo',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-invocation-type',
  'authorization',
  'traceparent',
  'x-b3-traceid',
  'x-request-id',
  'cache-control',
  'if-match',
  'range',
  'x-in-a',
  'x-ex-a',
  'date',
];
const VALUES = [
  '1',
  'two words',
  '  padded  ',
  'a  b   c',
  'tab\there',
  'a \t b',
  '',
  'a,b',
  '"quoted  text"',
  'k=v; k2=v2',
  'a=b;c="d  e"',
  '\u00e9',
  'caf\u00c3\u00a9',
  '\u00a0x\u00a0',
  '\u0080\u00ff',
  '10.0.0.7',
  'https',
  'Bearer abc',
  '20200101T000000Z',
  '/',
  '*/*',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'Text/HTML',
  'application/xml',
  'image/png',
];
const HOSTS = [
  'example.com',
  'example.com:80',
  'example.com:443',
  'example.com:9080',
  'Example.COM',
  'a.b-c.d_e',
  '10.1.2.3:8443',
];

/** Requests that any client might send and a few that none would, all of them legal HTTP/1.1; one character per byte. */
export function createRandomRequest(random: Random): string {
  const method = random.pick(METHODS);
  const target = createTarget(random);
  const headers = [`Host: ${random.pick(HOSTS)}`, ...createHeaders(random)];
  const body = method === 'HEAD' || random.float() < 0.5 ? undefined : createBody(random);
  if (body !== undefined && random.float() < 0.8) headers.push(`Content-Type: ${random.pick(TYPES)}`);
  const isChunked = body !== undefined && random.float() < 0.3;
  if (isChunked) headers.push('Transfer-Encoding: chunked');
  else if (body !== undefined) headers.push(`Content-Length: ${body.length}`);
  const content = body === undefined ? '' : isChunked ? encodeChunks(body, random) : body;
  return `${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${content}`;
}

function createTarget(random: Random): string {
  const path = repeat(random.integer(1, 4), () => `/${random.pick(SEGMENTS)}`).join('');
  if (random.float() < 0.4) return path;
  return `${path}?${repeat(random.integer(0, 5), () => random.pick(PIECES)).join('&')}`;
}

function createHeaders(random: Random): string[] {
  return repeat(random.integer(0, 8), () => `${random.pick(NAMES)}: ${random.pick(VALUES)}`).filter(isSensible);
}

/** Without a value, these two are no matter of signing: Envoy finds no route for an empty scheme, and keeps an empty `te`. */
function isSensible(line: string): boolean {
  return line !== 'x-forwarded-proto: ' && line !== 'te: ';
}

function createBody(random: Random): string {
  switch (random.integer(0, 3)) {
    case 0:
      return '{"a":1}';
    case 1:
      return 'text "quoted" <b>\u00c3\u00a9\n';
    case 2:
      // Without first bytes of characters that UTF-8 forbids: Envoy passes those on in what is then no JSON.
      return random
        .bytes(random.integer(1, 300))
        .toString('latin1')
        .replace(/[\xc0\xc1\xe0\xed\xf0\xf4-\xf7]/g, 'x');
    default:
      return '';
  }
}

function encodeChunks(body: string, random: Random): string {
  let text = '';
  for (let from = 0; from < body.length;) {
    const size = random.integer(1, body.length - from);
    text += `${size.toString(16)}\r\n${body.slice(from, from + size)}\r\n`;
    from += size;
  }
  return `${text}0\r\n\r\n`;
}

function repeat<T>(count: number, create: () => T): T[] {
  return Array.from({ length: count }, create);
}
