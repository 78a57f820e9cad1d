import { create } from '@bufbuild/protobuf';
import { messageOf } from '#core/errors.ts';
import { SecretSchema, type Secret } from '#xds/generated/messages.js';
import { readSecretData } from '../kube/environment.ts';
import type { MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';

const PREFIX = 'kubernetes://';
const CA_SUFFIX = '-cacert';
const MAX_KEYS = 3;

/** A secret, or why there is none. */
export type SecretAnswer =
  { readonly secret: Secret; readonly reason?: undefined } | { readonly secret?: undefined; readonly reason: string };

/**
 * The secret behind a name such as `kubernetes://<name>` or `kubernetes://<name>-cacert`, from the proxy's own namespace.
 * Without one nothing is sent, and the proxy waits (gateways.md 5.4). The reasons are in istiod's words (istio
 * `pilot/pkg/credentials/kube/secrets.go`). Undefined for names that are not the control plane's.
 */
export function generateSecret(name: string, proxy: Proxy, view: MeshView): SecretAnswer | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  const resource = name.slice(PREFIX.length);
  const isAuthority = resource.endsWith(CA_SUFFIX);
  const what = isAuthority ? 'ca certificate' : 'key and certificate';
  try {
    const data = readSecret(resource, proxy.namespace, view);
    return { secret: isAuthority ? createAuthority(name, data) : createKeyPair(name, data) };
  } catch (error) {
    return { reason: `failed to fetch ${what} for ${name}: ${messageOf(error)}` };
  }
}

type SecretData = Readonly<Record<string, Buffer>>;

/** An authority may have a Secret of its own, or be part of that with the key. */
function readSecret(resource: string, namespace: string, view: MeshView): SecretData {
  const fallback = resource.endsWith(CA_SUFFIX) ? resource.slice(0, -CA_SUFFIX.length) : resource;
  const found = view.findSecret(namespace, resource) ?? view.findSecret(namespace, fallback);
  if (found === undefined) throw new Error(`secret ${namespace}/${fallback} not found`);
  return readSecretData(found);
}

function createKeyPair(name: string, data: SecretData): Secret {
  const pairs = [
    ['cert', 'key'],
    ['tls.crt', 'tls.key'],
  ] as const;
  for (const [certificateKey, keyKey] of pairs) {
    const certificate = data[certificateKey];
    const key = data[keyKey];
    if (certificate === undefined || key === undefined) continue;
    if (certificate.length === 0 || key.length === 0) {
      throw new Error(`found keys "${certificateKey}" and "${keyKey}", but they were empty`);
    }
    const value = { certificateChain: inline(certificate), privateKey: inline(key) };
    return create(SecretSchema, { name, type: { case: 'tlsCertificate', value } });
  }
  throw refuseKeys('(cert and key) or (tls.crt and tls.key)', data);
}

/** With the certificates that it took back, where the Secret lists them. */
function createAuthority(name: string, data: SecretData): Secret {
  const keys = [
    ['cacert', 'crl'],
    ['ca.crt', 'ca.crl'],
  ] as const;
  const found = keys.find(([key]) => data[key] !== undefined);
  const authority = found === undefined ? undefined : data[found[0]];
  if (found === undefined || authority === undefined) throw refuseKeys('cacert or ca.crt', data);
  if (authority.length === 0) throw new Error(`found key "${found[0]}", but it was empty`);
  const revoked = data[found[1]];
  const value = {
    trustedCa: inline(authority),
    ...(revoked !== undefined && revoked.length > 0 && { crl: inline(revoked) }),
  };
  return create(SecretSchema, { name, type: { case: 'validationContext', value } });
}

function refuseKeys(expected: string, data: SecretData): Error {
  const keys = Object.keys(data).toSorted();
  const rest = keys.length - MAX_KEYS;
  const found = keys.slice(0, MAX_KEYS).join(', ') + (rest > 0 ? `, and ${rest} more...` : '');
  return new Error(`found secret, but didn't have expected keys ${expected}; found: ${found}`);
}

function inline(bytes: Buffer): { specifier: { case: 'inlineBytes'; value: Uint8Array } } {
  return { specifier: { case: 'inlineBytes', value: bytes } };
}
