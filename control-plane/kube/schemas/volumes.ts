import { z } from 'zod';
import { unchecked } from './common.ts';

/** A relative path inside a volume; the API server refuses the rest. */
const pathInVolume = z.string().regex(/^(?!\/)(?!(.*\/)?\.\.(\/|$)).+$/, 'must be a relative path without ".."');

const keyToPath = z.strictObject({ key: z.string(), path: pathInVolume, mode: unchecked });

const secretSource = z.strictObject({
  secretName: z.string(),
  items: z.array(keyToPath).optional(),
  optional: z.boolean().optional(),
  defaultMode: unchecked,
});

const namedSource = z.strictObject({
  name: z.string(),
  items: z.array(keyToPath).optional(),
  optional: z.boolean().optional(),
});

const serviceAccountToken = z.strictObject({
  /** Default: the API server's own. */
  audience: z.string().optional(),
  /** Default: 3600. */
  expirationSeconds: z.int().min(600, 'must be at least 600, ten minutes').optional(),
  path: pathInVolume,
});

const downwardItem = z.strictObject({
  path: pathInVolume,
  fieldRef: z.strictObject({ apiVersion: z.string().optional(), fieldPath: z.string() }).optional(),
  resourceFieldRef: unchecked,
  mode: unchecked,
});

const projectedSource = z.strictObject({
  secret: namedSource.optional(),
  configMap: namedSource.optional(),
  serviceAccountToken: serviceAccountToken.optional(),
  downwardAPI: z.strictObject({ items: z.array(downwardItem).optional() }).optional(),
  clusterTrustBundle: unchecked,
});

/** A volume of a pod. Kinds that hold nothing a proxy would read are known by name and stay empty. */
export const volume = z.strictObject({
  name: z.string(),
  secret: secretSource.optional(),
  configMap: namedSource.extend({ defaultMode: unchecked }).optional(),
  projected: z.strictObject({ sources: z.array(projectedSource).optional(), defaultMode: unchecked }).optional(),
  downwardAPI: z.strictObject({ items: z.array(downwardItem).optional(), defaultMode: unchecked }).optional(),
  emptyDir: z.strictObject({ medium: unchecked, sizeLimit: unchecked }).nullable().optional(),
  awsElasticBlockStore: unchecked,
  azureDisk: unchecked,
  azureFile: unchecked,
  cephfs: unchecked,
  csi: unchecked,
  ephemeral: unchecked,
  fc: unchecked,
  gcePersistentDisk: unchecked,
  hostPath: unchecked,
  image: unchecked,
  iscsi: unchecked,
  nfs: unchecked,
  persistentVolumeClaim: unchecked,
});

export const volumeMount = z.strictObject({
  name: z.string(),
  mountPath: z.string().regex(/^\//, 'must be an absolute path'),
  /** Mounts one file or folder of the volume, as it is at start: it is never updated. */
  subPath: pathInVolume.optional(),
  subPathExpr: unchecked,
  readOnly: unchecked,
  recursiveReadOnly: unchecked,
  mountPropagation: unchecked,
});

export type Volume = z.output<typeof volume>;
export type VolumeMount = z.output<typeof volumeMount>;
export type KeyToPath = z.output<typeof keyToPath>;
export type DownwardItem = z.output<typeof downwardItem>;
