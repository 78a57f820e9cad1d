import { findScoped } from '../find-scoped.ts';
import type { MeshView } from '../mesh-view.ts';

export type MtlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

interface Workload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Whether callers of a workload's port may, must or must not use mTLS. The narrowest PeerAuthentication that says
 * something decides: the workload's port, the workload, its namespace, the mesh; the oldest of each (istio
 * `pilot/pkg/security/authn/policy_applier.go`).
 *
 * @param port the workload's own; undefined for ports that no Service names
 */
export function findMtlsMode(
  workload: Workload,
  port: number | undefined,
  { peerAuthentications, settings }: Pick<MeshView, 'peerAuthentications' | 'settings'>,
): MtlsMode {
  const { ofWorkload, ofNamespace, ofMesh } = findScoped(workload, {
    objects: peerAuthentications,
    labelsOf: ({ spec }) => spec?.selector?.matchLabels,
    rootNamespace: settings.rootNamespace,
  });
  const ofPort = port === undefined ? undefined : ofWorkload?.spec?.portLevelMtls?.[String(port)];
  const modes = [ofPort, ofWorkload?.spec?.mtls, ofNamespace?.spec?.mtls, ofMesh?.spec?.mtls].map(
    (mtls) => mtls?.mode ?? 'UNSET',
  );
  return modes.find((mode) => mode !== 'UNSET') ?? 'PERMISSIVE';
}
