import { getHeader } from '#core/http-message.ts';
import { findCanonicalValue } from '../canonical-value.ts';
import type { Change } from '../change.ts';
import { classifyHeaderChange } from '../classify-change.ts';
import type { SearchSubject } from '../search-subject.ts';
import type { SignatureMatch } from '../signature-match.ts';
import { applyEdit, findLine, type SigningParts } from '../signing-parts.ts';

/** Ports that proxies, tunnels and development servers listen on. */
const USUAL_PORTS = [
  80, 443, 8080, 8443, 9080, 9443, 3000, 4566, 5000, 8000, 8081, 8888, 9000, 9090, 10000, 15001, 15006,
];

/**
 * Other hosts that may have been signed: with a port (AWS drops every port, aws.md 1.8), the host at another place of the
 * path, the one a proxy keeps in a forwarded header, the service's own name.
 */
export function createHostChanges(subject: SearchSubject): Change[] {
  const checked = findLine(subject.parts, 'host');
  if (checked === undefined) return [];
  const change = (signed: string | undefined, origin: Change['origin']): Change[] =>
    signed === undefined || signed === '' || signed === checked ? [] : [createHostChange(signed, checked, origin)];
  const hosts = [subject.received, ...subject.observed].map(({ headers }) => findCanonicalValue(headers, 'host'));
  const forwarded = ['x-forwarded-host', 'x-original-host', 'x-envoy-original-host'].map((name) =>
    getHeader(subject.received.headers, name),
  );
  return [
    ...hosts.flatMap((host) => change(host, 'observed')),
    ...USUAL_PORTS.flatMap((port) => change(`${checked}:${port}`, 'usual')),
    ...forwarded.flatMap((host) => change(host, 'usual')),
    ...change(checked.replace(/:\d+$/, ''), 'usual'),
    ...listRareHosts(subject.parts, checked).flatMap((host) => change(host, 'rare')),
  ];
}

/** Tries one port after the other, for a last resort: there are 65,535. */
export function searchHostPort(parts: SigningParts, isMatch: SignatureMatch): { found: Change[]; tried: number } {
  const checked = findLine(parts, 'host');
  if (checked === undefined || checked === '' || /:\d+$/.test(checked)) return { found: [], tried: 0 };
  for (let port = 1; port <= LAST_PORT; port += 1) {
    const host = `${checked}:${port}`;
    if (!isMatch(applyEdit(parts, { headers: { host } }))) continue;
    return { found: [createHostChange(host, checked, 'rare')], tried: port };
  }
  return { found: [], tried: LAST_PORT };
}

const LAST_PORT = 65_535;

function listRareHosts(parts: SigningParts, checked: string): string[] {
  const { region, service } = parts.scope;
  const names = [`${service}.${region}.amazonaws.com`, `${service}.amazonaws.com`, 'localhost', '127.0.0.1'];
  return [
    checked.toLowerCase(),
    `${checked}.`,
    checked.replace(/\.$/, ''),
    ...names,
    'localhost:4566',
    'localhost:8080',
  ];
}

function createHostChange(signed: string, checked: string, origin: Change['origin']): Change {
  return {
    cause: classifyHeaderChange({ name: 'host', signed, checked }),
    edit: { headers: { host: signed } },
    reading: `host is read as "${signed}"`,
    origin,
    subject: 'host',
    signed,
    checked,
  };
}
