import type { Route, RouteConfiguration, VirtualHost } from '#xds/generated/messages.js';
import { parseClusterName } from '../names.ts';
import type { Patch, PatchContext, PatchSet } from './select-patches.ts';

export interface RoutePatching {
  readonly context: PatchContext;
  readonly patches: PatchSet;
  /** The Service ports that lead to a gateway's listening port; a match by port means those. */
  readonly servicePortsOf?: (listenPort: number) => readonly number[];
}

/**
 * Whether a patch is for a route table. A sidecar's tables carry their port as name; a gateway's are `http.<port>` or
 * `https.<port>.<port name>.<gateway>.<namespace>`, so portName and gateway match only the latter (istio/istio#32637).
 */
export function matchesRouteConfiguration(
  { name }: RouteConfiguration,
  { match }: Patch,
  patching: Pick<RoutePatching, 'context' | 'servicePortsOf'>,
): boolean {
  const wanted = match.routeConfiguration;
  if (wanted === undefined) return true;
  if (isSet(wanted.name) && wanted.name !== name) return false;
  if (patching.context !== 'GATEWAY') {
    return !isSet(wanted.portNumber) || wanted.portNumber === sidecarPortOf(name);
  }
  const { port, portName, gateway } = parseGatewayRouteName(name);
  const servicePorts = patching.servicePortsOf?.(port) ?? [];
  const ports = servicePorts.length > 0 ? servicePorts : [port];
  return (
    (!isSet(wanted.portNumber) || ports.includes(wanted.portNumber)) &&
    (!isSet(wanted.portName) || wanted.portName === portName) &&
    (!isSet(wanted.gateway) || wanted.gateway === gateway)
  );
}

export function matchesVirtualHost(host: VirtualHost, { match }: Patch): boolean {
  const wanted = match.routeConfiguration?.vhost?.name;
  return !isSet(wanted) || wanted === host.name;
}

export function matchesRoute(route: Route, { match }: Patch): boolean {
  const wanted = match.routeConfiguration?.vhost?.route;
  if (wanted === undefined) return true;
  if (isSet(wanted.name) && wanted.name !== route.name) return false;
  switch (wanted.action) {
    case 'ROUTE':
      return route.action.case === 'route';
    case 'REDIRECT':
      return route.action.case === 'redirect';
    case 'DIRECT_RESPONSE':
      return route.action.case === 'directResponse';
    case 'ANY':
    case undefined:
      return true;
  }
}

function sidecarPortOf(name: string): number {
  return parseClusterName(name)?.port ?? Number(name);
}

interface GatewayRouteName {
  readonly port: number;
  readonly portName: string;
  /** `namespace/name` */
  readonly gateway: string;
}

function parseGatewayRouteName(name: string): GatewayRouteName {
  const [protocol, port, portName = '', gateway = '', namespace = ''] = name.split('.');
  if (protocol !== 'https') return { port: Number(port), portName: '', gateway: '' };
  return { port: Number(port), portName, gateway: `${namespace}/${gateway}` };
}

function isSet<T extends string | number>(value: T | undefined): value is T {
  return value !== undefined && value !== '' && value !== 0;
}
