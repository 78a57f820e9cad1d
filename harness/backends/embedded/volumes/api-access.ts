import type { PodParts } from './pod-parts.ts';

const NAME = 'kube-api-access';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** One hour and a little: the API server's own default for these tokens. */
const LIFE_SECONDS = 3_607;

/** Mounts the pod's own token for the API server, as the ServiceAccount admission controller does unless told not to. */
export function addApiAccess({ container, volumes }: PodParts): PodParts {
  const { volumeMounts = [] } = container;
  if (volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return { container, volumes };
  const sources = [
    { serviceAccountToken: { expirationSeconds: LIFE_SECONDS, path: 'token' } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
  ];
  return {
    container: { ...container, volumeMounts: [...volumeMounts, { name: NAME, mountPath: MOUNT_PATH }] },
    volumes: [...volumes, { name: NAME, projected: { sources } }],
  };
}
