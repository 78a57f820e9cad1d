import { z } from 'zod';

// Compiling a schema to code pays after hundreds of objects; a cluster has dozens.
z.config({ jitless: true });

/** A field that Kubernetes or Istio reads and meshrig does not: known by name, its content unchecked. */
export const unchecked = z.unknown().optional();

/**
 * A field that Istio has and this control plane does not: using it is a mistake here, so that a manifest never silently
 * does less than it says.
 */
export function unsupported(): z.ZodOptional<z.ZodUndefined> {
  return z.undefined({ error: 'is not supported by this control plane' }).optional();
}

/** The `apiVersion` of Istio's traffic configuration; its versions differ in no field that is read here. */
export const networkingVersion = z.enum([
  'networking.istio.io/v1alpha3',
  'networking.istio.io/v1beta1',
  'networking.istio.io/v1',
]);

export const stringMap = z.record(z.string(), z.string());

/** As far as its form tells. */
export const ipAddress = z.string().regex(/^(\d{1,3}(\.\d{1,3}){3}|[\da-f:]*:[\da-f:]*)$/i, 'must be an IP address');

export const portNumber = z.int().min(1, 'must be from 1 to 65535').max(65_535, 'must be from 1 to 65535');

/** A port by number or by name. */
export const portReference = z.union([z.int(), z.string()]);

/** `metadata` of an object as users write it; what only the API server sets is accepted and dropped. */
export const objectMetadata = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
      'must be lower-case letters, digits, "-" and ".", as Kubernetes demands',
    ),
  namespace: z.string().optional(),
  labels: stringMap.optional(),
  annotations: stringMap.optional(),
  creationTimestamp: unchecked,
  finalizers: unchecked,
  generation: unchecked,
  managedFields: unchecked,
  ownerReferences: unchecked,
  resourceVersion: unchecked,
  selfLink: unchecked,
  uid: unchecked,
});

/** A selector by labels, such as a Deployment's. */
export const labelSelector = z.strictObject({ matchLabels: stringMap.optional(), matchExpressions: unsupported() });

/** A duration as Istio writes it: `10s`, `1h30m`, `250ms`. */
export const duration = z
  .string()
  .regex(/^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$/, 'must be a duration such as "10s", "1m30s" or "250ms"');
