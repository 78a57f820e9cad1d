import type { KubeObject } from '../../kube/kinds.ts';
import { resolveShortName } from '../names.ts';

/** The hosts that a VirtualService sends to, by their full names. */
export function findDestinationHosts({ spec, metadata }: KubeObject<'VirtualService'>): string[] {
  const { http = [], tls = [], tcp = [] } = spec;
  const routes = [...http.flatMap(({ route = [] }) => route), ...[...tls, ...tcp].flatMap(({ route }) => route)];
  const copies = http.flatMap(({ mirror, mirrors = [] }) => [mirror, ...mirrors.map(({ destination }) => destination)]);
  const hosts = [...routes.map(({ destination }) => destination), ...copies].flatMap((to) => to?.host ?? []);
  return hosts.map((host) => resolveShortName(host, metadata.namespace));
}
