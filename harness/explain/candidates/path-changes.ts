import { createCanonicalPath } from '#mock-aws/sigv4/canonical-path.ts';
import { percentDecode, percentEncode } from '#mock-aws/sigv4/percent-encoding.ts';
import { splitTarget } from '#mock-aws/sigv4/split-target.ts';
import type { PathRule } from '#mock-aws/sigv4/types.ts';
import { getHeader } from '#core/http-message.ts';
import type { SignatureCause } from '../cause.ts';
import type { Change } from '../change.ts';
import { classifyPathChange } from '../classify-change.ts';
import type { SearchSubject } from '../search-subject.ts';

interface PathForm {
  readonly path: string;
  readonly how: string;
}

/** Where proxies keep the path they rewrote. */
const ORIGINAL_PATH_HEADERS = [
  'x-envoy-original-path',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-forwarded-uri',
];

/** Other paths, and other spellings of the path, that may have been signed (aws.md 1.7, gateways.md 2.4). */
export function createPathChanges(subject: SearchSubject): Change[] {
  const wire = splitTarget(subject.received.target).path;
  const checked = subject.parts.path;
  const spellings = listSpellings(wire, checked).map((form) => createChange(form, checked, 'usual', 'path-encoding'));
  return [
    ...subject.observed.flatMap(({ target }) => createOtherPaths(target, checked, 'observed')),
    ...spellings,
    ...listOriginalPaths(subject).flatMap((target) => createOtherPaths(target, checked, 'usual')),
    ...listNeighbours(checked).map((form) => createChange(form, checked, 'rare', 'path-changed')),
  ].filter(({ signed }) => signed !== checked);
}

/** How signers spell a path that AWS spells otherwise. `wire` is what stood in the request line. */
function listSpellings(wire: string, checked: string): PathForm[] {
  const decoded = percentDecode(wire);
  const normalized = tryRule(wire, 'normalized');
  return [
    { path: wire, how: 'as it is on the wire' },
    { path: tryRule(wire, 'raw'), how: 'encoded once, as for S3' },
    { path: normalized, how: 'normalised and encoded once more than on the wire' },
    { path: tryRule(decoded, 'normalized'), how: 'normalised and encoded once' },
    { path: mapSegments(wire, percentEncode), how: 'encoded once more than on the wire, not normalised' },
    { path: mapSegments(decoded, percentEncode), how: 'encoded once, not normalised' },
    { path: mapSegments(normalized, percentEncode), how: 'encoded twice more than on the wire' },
    { path: decoded, how: 'decoded' },
    { path: percentDecode(normalized), how: 'normalised, not encoded' },
    { path: wire.replace(/\/{2,}/g, '/'), how: 'with double slashes as one' },
    { path: wire.replaceAll(':', '%3A'), how: 'with ":" encoded' },
    { path: checked.replaceAll('%3A', ':'), how: 'with ":" not encoded' },
    { path: checked.replaceAll('%20', '+'), how: 'with blanks as "+"' },
    { path: checked.replaceAll('~', '%7E'), how: 'with "~" encoded' },
    { path: checked.replaceAll('%2F', '/'), how: 'with "%2F" as "/"' },
    { path: checked.replace(/%25(?=[0-9A-F]{2})/g, '%'), how: 'encoded once less' },
    ...[wire, checked].map((path) => ({ path: lowerHex(path), how: 'with lower-case hexadecimal digits' })),
  ].filter(({ path }) => path !== '');
}

function listNeighbours(checked: string): PathForm[] {
  const trailing = checked.endsWith('/') ? checked.slice(0, -1) : `${checked}/`;
  const withoutFirst = checked.replace(/^\/[^/]+/, '');
  return [
    { path: trailing, how: checked.endsWith('/') ? 'without the trailing slash' : 'with a trailing slash' },
    { path: withoutFirst === '' ? '/' : withoutFirst, how: 'without its first segment' },
    { path: '/', how: 'as "/"' },
  ].filter(({ path }) => path !== '');
}

function listOriginalPaths({ received }: SearchSubject): string[] {
  return ORIGINAL_PATH_HEADERS.flatMap((name) => getHeader(received.headers, name) ?? []);
}

function createOtherPaths(target: string, checked: string, origin: Change['origin']): Change[] {
  const { path } = splitTarget(target);
  const forms = [tryRule(path, 'normalized'), path, tryRule(path, 'raw')].filter((form) => form !== '');
  return forms.map((form) => createChange({ path: form, how: `"${form}"` }, checked, origin));
}

function tryRule(path: string, rule: PathRule): string {
  try {
    return createCanonicalPath(path, rule);
  } catch {
    return '';
  }
}

function mapSegments(path: string, encode: (segment: string) => string): string {
  return path
    .split('/')
    .map((segment) => encode(segment))
    .join('/');
}

function lowerHex(path: string): string {
  return path.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function createChange(form: PathForm, checked: string, origin: Change['origin'], cause?: SignatureCause): Change {
  const reading = form.how.startsWith('"') ? `the path is read as ${form.how}` : `the path is taken ${form.how}`;
  return {
    cause: cause ?? classifyPathChange(form.path, checked),
    edit: { path: form.path },
    reading,
    origin,
    subject: ':path',
    signed: form.path,
    checked,
  };
}
