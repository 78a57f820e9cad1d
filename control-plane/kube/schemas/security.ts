import { z } from 'zod';
import { objectMetadata, stringMap, unchecked, unsupported } from './common.ts';

const apiVersion = z.enum(['security.istio.io/v1beta1', 'security.istio.io/v1']);

/** The workloads that a policy is for; left out, all of its namespace, or of the mesh in the root namespace. */
const selector = z.strictObject({ matchLabels: stringMap.optional() }).optional();

const values = z.array(z.string()).optional();

const source = z
  .strictObject({
    principals: values,
    notPrincipals: values,
    namespaces: values,
    notNamespaces: values,
    ipBlocks: values,
    notIpBlocks: values,
    remoteIpBlocks: values,
    notRemoteIpBlocks: values,
    requestPrincipals: unsupported(),
    notRequestPrincipals: unsupported(),
    /** `name` or `namespace/name`. */
    serviceAccounts: values,
    notServiceAccounts: values,
    trustDomains: values,
    notTrustDomains: values,
  })
  .refine(
    ({ serviceAccounts, notServiceAccounts, principals, notPrincipals, namespaces, notNamespaces }) =>
      (serviceAccounts ?? notServiceAccounts) === undefined ||
      (principals ?? notPrincipals ?? namespaces ?? notNamespaces) === undefined,
    { path: ['serviceAccounts'], message: 'must not stand beside principals or namespaces' },
  );

const operation = z.strictObject({
  hosts: values,
  notHosts: values,
  ports: values,
  notPorts: values,
  methods: values,
  notMethods: values,
  paths: values,
  notPaths: values,
});

/** Attributes of `when`; those of tokens need RequestAuthentication, which is not there. */
const KNOWN_KEYS =
  /^(request\.headers\[.+\]|source\.(ip|namespace|principal)|remote\.ip|destination\.(ip|port)|connection\.sni)$/;

const condition = z.strictObject({
  key: z
    .string()
    .regex(
      KNOWN_KEYS,
      'must be "request.headers[NAME]", "source.ip", "source.namespace", "source.principal", "remote.ip", ' +
        '"destination.ip", "destination.port" or "connection.sni"',
    ),
  values,
  notValues: values,
});

const rule = z.strictObject({
  from: z.array(z.strictObject({ source })).optional(),
  to: z.array(z.strictObject({ operation })).optional(),
  when: z.array(condition).optional(),
});

export const authorizationPolicySchema = z.strictObject({
  apiVersion,
  kind: z.literal('AuthorizationPolicy'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      selector,
      /** `ALLOW` when left out. CUSTOM asks a service that an extension provider names. */
      action: z
        .enum(['ALLOW', 'AUDIT', 'DENY', 'CUSTOM'])
        .refine(
          (action) => action !== 'CUSTOM',
          'CUSTOM is not supported by this control plane: it asks no extension provider',
        )
        .optional(),
      rules: z.array(rule).optional(),
      provider: unsupported(),
      targetRef: unsupported(),
      targetRefs: unsupported(),
    })
    .optional(),
  status: unchecked,
});

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

const mutualTls = z.strictObject({ mode: z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']).optional() });

export const peerAuthenticationSchema = z.strictObject({
  apiVersion,
  kind: z.literal('PeerAuthentication'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      selector,
      mtls: mutualTls.optional(),
      /** By the workload's own port number. */
      portLevelMtls: z.record(z.string().refine(isPort, 'must be a port number'), mutualTls).optional(),
    })
    .superRefine(({ selector: chosen, portLevelMtls }, context) => {
      if (portLevelMtls === undefined || Object.keys(chosen?.matchLabels ?? {}).length > 0) return;
      context.addIssue({ code: 'custom', path: ['portLevelMtls'], message: 'needs a "selector"' });
    })
    .optional(),
  status: unchecked,
});

export type AuthorizationRule = z.output<typeof rule>;
export type AuthorizationSource = z.output<typeof source>;
export type AuthorizationOperation = z.output<typeof operation>;
export type AuthorizationCondition = z.output<typeof condition>;
