import { create } from '@bufbuild/protobuf';
import { SecretSchema, type Secret } from '#xds/generated/messages.js';
import { readSecretData } from '../kube/environment.ts';
import type { MeshView } from './mesh-view.ts';
import type { Proxy } from './proxy.ts';

const PREFIX = 'kubernetes://';
const CA_SUFFIX = '-cacert';

/**
 * The secret behind a name such as `kubernetes://<name>` or `kubernetes://<name>-cacert`, from the proxy's own namespace.
 * Undefined when there is none, or none with the keys that Istio takes (gateways.md 5.4): nothing is sent, the proxy waits.
 */
export function generateSecret(name: string, proxy: Proxy, view: MeshView): Secret | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  const resource = name.slice(PREFIX.length);
  const read = (secret: string): Readonly<Record<string, Buffer>> => {
    const found = view.findSecret(proxy.namespace, secret);
    return found === undefined ? {} : readSecretData(found);
  };
  if (!resource.endsWith(CA_SUFFIX)) return createKeyPair(name, read(resource));
  // The authority may have a Secret of its own, or be part of that with the key.
  return createAuthority(name, read(resource)) ?? createAuthority(name, read(resource.slice(0, -CA_SUFFIX.length)));
}

function createKeyPair(name: string, data: Readonly<Record<string, Buffer>>): Secret | undefined {
  const pairs = [
    [data['cert'], data['key']],
    [data['tls.crt'], data['tls.key']],
  ] as const;
  const [certificate, key] = pairs.find(([crt, privateKey]) => crt !== undefined && privateKey !== undefined) ?? [];
  if (certificate === undefined || key === undefined) return undefined;
  return create(SecretSchema, {
    name,
    type: {
      case: 'tlsCertificate',
      value: { certificateChain: inline(certificate), privateKey: inline(key) },
    },
  });
}

function createAuthority(name: string, data: Readonly<Record<string, Buffer>>): Secret | undefined {
  const authority = data['cacert'] ?? data['ca.crt'];
  if (authority === undefined) return undefined;
  return create(SecretSchema, { name, type: { case: 'validationContext', value: { trustedCa: inline(authority) } } });
}

function inline(bytes: Buffer): { specifier: { case: 'inlineBytes'; value: Uint8Array } } {
  return { specifier: { case: 'inlineBytes', value: bytes } };
}
