import { findNearest } from '#core/nearest.ts';
import { readUserVolumes, USER_VOLUME_MOUNT } from './user-volumes.ts';

/** The container that Istio's injector adds, or merges with the template's own. */
export const PROXY_CONTAINER = 'istio-proxy';

/** The parts of a pod template that name volumes. */
export interface MountingTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly spec: {
    readonly volumes?: readonly { readonly name: string }[] | undefined;
    readonly containers: readonly MountingContainer[];
    readonly initContainers?: readonly MountingContainer[] | undefined;
  };
}

interface MountingContainer {
  readonly name: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[] | undefined;
}

export interface VolumeProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What the injection template gives every proxy (istio/istio `inject-template`, 1.11 to 1.22). */
const ISTIO_VOLUMES = [
  'credential-socket',
  'istio-data',
  'istio-envoy',
  'istio-podinfo',
  'istio-token',
  'istiod-ca-cert',
  'workload-certs',
  'workload-socket',
];

/** Finds mounts of volumes that the pod will not have, places used twice, and mistakes inside Istio's annotations. */
export function checkVolumes({ metadata, spec }: MountingTemplate): VolumeProblem[] {
  const user = readUserVolumes(metadata?.annotations ?? {});
  const own = (spec.volumes ?? []).map(({ name }) => name);
  const ofProxy = [...own, ...user.volumes.map(({ name }) => name), ...ISTIO_VOLUMES];
  const inLists = (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, index) =>
      checkMounts(container, container.name === PROXY_CONTAINER ? ofProxy : own).map(({ path, message }) => ({
        path: ['spec', list, index, ...path],
        message,
      })),
    ),
  );
  const inAnnotations = user.mounts
    .filter(({ name }) => !ofProxy.includes(name))
    .map(({ name }) => ({ annotation: USER_VOLUME_MOUNT, message: refuseName(name, ofProxy) }));
  return [
    ...inLists,
    ...[...user.problems, ...inAnnotations].map(({ annotation, message }) => ({
      path: ['metadata', 'annotations', annotation],
      message,
    })),
  ];
}

function checkMounts({ volumeMounts = [] }: MountingContainer, known: readonly string[]): VolumeProblem[] {
  return volumeMounts.flatMap(({ name, mountPath }, index): VolumeProblem[] => {
    if (!known.includes(name)) return [{ path: ['volumeMounts', index, 'name'], message: refuseName(name, known) }];
    const isTaken = volumeMounts.findIndex((mount) => mount.mountPath === mountPath) !== index;
    return isTaken ? [{ path: ['volumeMounts', index, 'mountPath'], message: 'must be unique in a container' }] : [];
  });
}

function refuseName(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  const hint = nearest === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean "${nearest}"?`;
  return `the pod has no volume "${name}": ${hint}`;
}
