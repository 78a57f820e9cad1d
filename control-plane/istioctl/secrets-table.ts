import { X509Certificate } from 'node:crypto';
import type { Instant } from '#core/clock.ts';
import { readAt, readText } from './read-json.ts';
import { formatTable } from './text-table.ts';

const HEADINGS = ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'];

/**
 * What `istioctl proxy-config secret` prints: certificates only, never keys. A secret that was asked for and has not come
 * is WARMING (gateways.md 5.10).
 *
 * @param secrets in proto JSON
 * @param now what certificates must be valid at
 */
export function formatSecrets(secrets: readonly unknown[], now: Instant): string {
  return formatTable([HEADINGS, ...secrets.map((secret) => formatSecret(secret, now))]);
}

function formatSecret(secret: unknown, now: Instant): string[] {
  const name = readText(secret, 'name');
  const isAuthority = readAt(secret, 'validation_context') !== undefined;
  const chain = isAuthority
    ? readAt(secret, 'validation_context', 'trusted_ca')
    : readAt(secret, 'tls_certificate', 'certificate_chain');
  const type = isAuthority ? 'CA' : 'Cert Chain';
  const certificate = chain === undefined ? undefined : readCertificate(chain);
  if (chain === undefined) return [name, type, 'WARMING', 'false', '', '', ''];
  if (certificate === undefined) return [name, type, 'ACTIVE', 'false', '', '', ''];
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const serial = BigInt(`0x${certificate.serialNumber}`).toString();
  return [name, type, 'ACTIVE', String(from <= now && now <= to), serial, toText(to), toText(from)];
}

function readCertificate(source: unknown): X509Certificate | undefined {
  const inline = readText(source, 'inline_bytes');
  const bytes = inline === '' ? readText(source, 'inline_string') : Buffer.from(inline, 'base64');
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

function toText(instant: Instant): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');
}
