import type { DownstreamTls, PeerCertificate } from '../listeners/types.ts';
import type { HeaderMap } from './header-map.ts';

const HEADER = 'x-forwarded-client-cert';

export type ForwardedClientCertMode =
  'sanitize' | 'forward-only' | 'append-forward' | 'sanitize-set' | 'always-forward-only';

/** What an own element shows besides `By` and `Hash`. */
export interface ForwardedClientCertDetails {
  readonly subject: boolean;
  readonly cert: boolean;
  readonly chain: boolean;
  readonly uri: boolean;
  readonly dns: boolean;
}

/** Removes, passes on, replaces or extends `x-forwarded-client-cert` by the listener's mode (gateways.md 4.5). */
export function forwardClientCert(
  headers: HeaderMap,
  tls: DownstreamTls | undefined,
  config: { readonly mode: ForwardedClientCertMode; readonly details: ForwardedClientCertDetails },
): void {
  if (config.mode === 'always-forward-only') return;
  if (config.mode === 'sanitize' || tls?.peer === undefined) {
    headers.remove(HEADER);
    return;
  }
  if (config.mode === 'forward-only') return;
  const element = createElement(tls, tls.peer, config.details);
  if (config.mode === 'append-forward') headers.append(HEADER, element);
  else headers.set(HEADER, element);
}

/** Parts stand in Envoy's fixed order, not in that of the configuration. */
function createElement(tls: DownstreamTls, peer: PeerCertificate, details: ForwardedClientCertDetails): string {
  const parts: string[] = [];
  const [localUri] = tls.localUriSans;
  if (localUri !== undefined) parts.push(`By=${localUri}`);
  if (peer.hash !== '') parts.push(`Hash=${peer.hash}`);
  if (details.cert && peer.pem !== '') parts.push(`Cert="${escapePem(peer.pem)}"`);
  if (details.chain && peer.chainPem !== '') parts.push(`Chain="${escapePem(peer.chainPem)}"`);
  // Subject and URI are shown even when there is nothing to show.
  if (details.subject) parts.push(`Subject="${peer.subject}"`);
  if (details.uri) parts.push(...(peer.uriSans.length === 0 ? ['URI='] : peer.uriSans.map((uri) => `URI=${uri}`)));
  if (details.dns) parts.push(...peer.dnsSans.map((name) => `DNS=${name}`));
  return parts.join(';');
}

/** Percent-encodes what a PEM text holds besides letters, digits and dashes. */
function escapePem(pem: string): string {
  return pem.replace(
    /[^A-Za-z0-9-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
