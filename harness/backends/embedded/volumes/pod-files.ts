import type { Container } from '#control-plane/kube/schemas/pod-template.ts';
import type { Volume, VolumeMount } from '#control-plane/kube/schemas/volumes.ts';
import { createSystemError } from '#core/errors.ts';
import type { ProxyFiles } from '#signing-proxy/files.ts';
import { MountedVolume, type VolumeHost } from './mounted-volume.ts';

/** The part of a container's file system that its volume mounts make. */
export interface PodFiles extends ProxyFiles, Disposable {}

interface Mount {
  readonly path: string;
  read(pathInMount: string): Buffer | undefined;
  watch(onChange: () => void): Disposable;
}

/**
 * Mounts a container's volumes.
 *
 * @throws MeshrigError `ENVIRONMENT` when a Secret, ConfigMap or key is missing
 */
export function mountVolumes(
  { volumeMounts = [] }: Pick<Container, 'volumeMounts'>,
  volumes: readonly Volume[],
  host: VolumeHost,
): PodFiles {
  const mounted = new Map(
    volumes
      .filter(({ name }) => volumeMounts.some((mount) => mount.name === name))
      .map((volume) => [volume.name, new MountedVolume(volume, host)] as const),
  );
  const mounts = volumeMounts
    .flatMap((mount) => {
      const volume = mounted.get(mount.name);
      return volume === undefined ? [] : [createMount(mount, volume)];
    })
    .toSorted((a, b) => b.path.length - a.path.length);
  const find = (path: string) => mounts.find((mount) => path === mount.path || path.startsWith(`${mount.path}/`));

  const readNow = (path: string) => {
    const normal = normalise(path);
    const mount = find(normal);
    const content = mount?.read(normal.slice(mount.path.length + 1));
    if (content === undefined) throw createSystemError('ENOENT', `no such file or directory, open '${path}'`);
    return content;
  };

  return {
    read: async (path) => readNow(path),
    readNow,
    watchDirectory(path, onChange) {
      const normal = normalise(path);
      // A folder inside a volume is reached through the link that is swapped: nothing in it ever changes.
      const mount = mounts.find((candidate) => candidate.path === normal);
      return mount?.watch(onChange) ?? NOTHING;
    },
    [Symbol.dispose]() {
      for (const volume of mounted.values()) volume[Symbol.dispose]();
    },
  };
}

const NOTHING: Disposable = { [Symbol.dispose]() {} };

function createMount({ mountPath, subPath }: VolumeMount, volume: MountedVolume): Mount {
  const path = normalise(mountPath);
  if (subPath === undefined) {
    return {
      path,
      read: (inMount) => volume.read(inMount.replace(/^\.\.data\//, '')),
      watch: (onChange) => volume.watch(onChange),
    };
  }
  const atStart = volume.list();
  const read = (inMount: string) => atStart.get(inMount === '' ? subPath : `${subPath}/${inMount}`);
  return { path, read, watch: () => NOTHING };
}

function normalise(path: string): string {
  return path.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
}
