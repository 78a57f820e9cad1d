import type { ControlPlane } from '#control-plane/control-plane.ts';
import type { PushFault } from '#control-plane/push/push-fault.ts';
import { MeshrigError } from '#core/errors.ts';
import { findTypeUrl } from '#xds/resource-types.ts';
import type { PushTarget } from '../backend.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import type { RunningPod } from './pod.ts';

interface PushFaultOptions {
  readonly target: PushTarget;
  readonly fault: PushFault;
  /** The pods that the target means; undefined for every one, later ones too. */
  readonly pods: readonly Pick<RunningPod, 'name' | 'namespace'>[] | undefined;
  readonly controlPlane: ControlPlane;
  readonly kubeCluster: string;
  readonly run: EmbeddedWorld['run'];
}

/** Makes pushes go wrong, and tells the timeline when that starts and ends. */
export function startPushFault({ target, fault, pods, controlPlane, kubeCluster, run }: PushFaultOptions): Disposable {
  if (pods?.length === 0)
    throw new MeshrigError('INVALID_SCENARIO', `Failed to start fault "${fault.name}": no pod is its replica`);
  const proxies = pods?.map(({ name, namespace }) => `${name}.${namespace}`);
  const active = controlPlane.addPushFault(fault, {
    ...(proxies !== undefined && { proxies: new Set(proxies) }),
    ...(target.types !== undefined && { typeUrls: new Set(target.types.flatMap((type) => findTypeUrl(type) ?? [])) }),
  });
  const hop = `${target.types?.join(', ') ?? 'pushes'} to ${proxies?.join(', ') ?? 'every proxy'}`;
  const report = (phase: 'started' | 'ended') =>
    run.timeline.emit({ type: 'fault', source: `control-plane "${kubeCluster}"`, fault: fault.name, hop, phase });
  report('started');
  return {
    [Symbol.dispose]() {
      report('ended');
      active[Symbol.dispose]();
    },
  };
}
