import { z } from 'zod';
import {
  ipAddress,
  networkingVersion,
  objectMetadata,
  portNumber,
  stringMap,
  unchecked,
  unsupported,
} from './common.ts';

const TLS_VERSIONS = ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'] as const;

const tlsSettings = z.strictObject({
  mode: z.enum(['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL', 'ISTIO_MUTUAL', 'PASSTHROUGH', 'AUTO_PASSTHROUGH']).optional(),
  httpsRedirect: z.boolean().optional(),
  credentialName: z.string().optional(),
  serverCertificate: z.string().optional(),
  privateKey: z.string().optional(),
  caCertificates: z.string().optional(),
  subjectAltNames: z.array(z.string()).optional(),
  verifyCertificateSpki: z.array(z.string()).optional(),
  verifyCertificateHash: z.array(z.string()).optional(),
  minProtocolVersion: z.enum(TLS_VERSIONS).optional(),
  maxProtocolVersion: z.enum(TLS_VERSIONS).optional(),
  cipherSuites: z.array(z.string()).optional(),
  /** Several of different key types; callers get the one that they can check. */
  credentialNames: z
    .array(z.string())
    .min(1, 'must name a Secret')
    .max(2, 'must not name more than two Secrets')
    .optional(),
  caCertCredentialName: unsupported(),
  caCrl: unsupported(),
});

const server = z
  .strictObject({
    port: z.strictObject({
      number: portNumber,
      name: z.string().optional(),
      /** In any case, as Istio takes it (istio `pkg/config/protocol/instance.go`). */
      protocol: z.preprocess(
        (value) => (typeof value === 'string' ? value.toUpperCase() : value),
        z.enum(['HTTP', 'HTTPS', 'HTTP2', 'GRPC', 'TLS', 'TCP']),
      ),
      targetPort: unchecked,
    }),
    /** `host`, `*.host` or `namespace/host`. */
    hosts: z.array(z.string()).min(1, 'must name at least one host'),
    tls: tlsSettings.optional(),
    name: z.string().optional(),
    bind: ipAddress.optional(),
    defaultEndpoint: unsupported(),
  })
  .superRefine(({ port, tls }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', path: ['tls'], message });
    const isTls = port.protocol === 'HTTPS' || port.protocol === 'TLS';
    if (isTls && tls === undefined) refuse(`is needed for protocol ${port.protocol}`);
    if (!isTls && tls?.mode !== undefined) refuse(`needs protocol HTTPS or TLS, not ${port.protocol}`);
    if (isTls && tls !== undefined && !hasCertificate(tls)) {
      refuse(`names no certificate: mode ${tls.mode ?? 'SIMPLE'} needs "credentialName"`);
    }
    if (tls?.credentialName !== undefined && tls.credentialNames !== undefined) {
      refuse('must have only one of "credentialName", "credentialNames"');
    }
  });

function hasCertificate(tls: GatewayTlsSettings): boolean {
  const hasFiles = tls.serverCertificate !== undefined && tls.privateKey !== undefined;
  const needsNone = ['ISTIO_MUTUAL', 'PASSTHROUGH', 'AUTO_PASSTHROUGH'].includes(tls.mode ?? '');
  return needsNone || tls.credentialName !== undefined || tls.credentialNames !== undefined || hasFiles;
}

export const gatewaySchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('Gateway'),
  metadata: objectMetadata,
  spec: z.strictObject({ selector: stringMap, servers: z.array(server) }),
  status: unchecked,
});

export type GatewayServer = z.output<typeof server>;
export type GatewayTlsSettings = z.output<typeof tlsSettings>;
