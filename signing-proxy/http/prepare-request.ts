import type { ProxyContext } from '../context.ts';
import type { CompiledRouteTable } from '../routing/types.ts';
import type { ActiveStream } from './active-stream.ts';
import { normalizeHost } from './host-port.ts';
import type { LocalReply } from './local-reply.ts';
import type { ManagerConfig } from './manager-config.ts';
import { normalizePath } from './path-normalization.ts';
import { mutateRequestHeaders } from './request-mutation.ts';
import { startTrace } from './trace-context.ts';

/**
 * Does what comes before the first filter: checks the head, normalises host and path, changes headers, chooses the route.
 * Returns an answer when the request cannot go on.
 */
export function prepareRequest(
  active: ActiveStream,
  config: ManagerConfig,
  context: ProxyContext,
): LocalReply | undefined {
  const { headers, downstream } = active;
  const refusal = checkHead(active, config);
  if (refusal !== undefined) return refusal;
  const verdict = normalizePath(headers, config.path);
  if (verdict === 'reject') return { status: 400, body: '', details: 'path_normalization_failed' };
  normalizeHost(headers, downstream.localPort, config.host);

  const table = findTable(active, config, context);
  active.remoteAddress = mutateRequestHeaders(headers, config.request, {
    downstream,
    internalOnlyHeaders: table?.internalOnlyHeaders ?? [],
    random: context.random,
  });
  if (verdict === 'redirect') return createPathRedirect(active);
  if (config.tracing !== undefined) active.trace = startTrace(headers, config.tracing, context.random);
  active.selectRoute(table?.match(headers, context.random));
  return undefined;
}

function checkHead({ headers, received }: ActiveStream, config: ManagerConfig): LocalReply | undefined {
  if (headers.get(':authority') === undefined) return { status: 400, body: '', details: 'missing_host_header' };
  const path = headers.get(':path') ?? '';
  if (!path.startsWith('/') && headers.get(':method') !== 'CONNECT')
    return { status: 404, body: '', details: 'absolute_path_rejected' };
  // Since 1.19.1: CVE-2021-32779.
  if (path.includes('#')) return { status: 400, body: '', details: 'path_with_fragment_rejected' };
  const upgrade =
    received.httpVersion === '1.1' ? findUpgrade(headers.get('connection'), headers.get('upgrade')) : undefined;
  if (upgrade !== undefined && !config.upgrades.has(upgrade))
    return { status: 403, body: '', details: 'upgrade_failed' };
  return undefined;
}

/** An offer of HTTP/2 over plain text is ignored, as Envoy's codec ignores it. */
function findUpgrade(connection: string | undefined, upgrade: string | undefined): string | undefined {
  if (connection === undefined || upgrade === undefined) return undefined;
  const isAsked = connection
    .toLowerCase()
    .split(',')
    .some((token) => token.trim() === 'upgrade');
  const type = upgrade.toLowerCase();
  return isAsked && type !== 'h2c' ? type : undefined;
}

/** Takes note of the version of a discovered table: it may be replaced while the request goes on. */
function findTable(
  active: ActiveStream,
  { routes }: ManagerConfig,
  context: ProxyContext,
): CompiledRouteTable | undefined {
  if (typeof routes !== 'string') return routes;
  active.routes = { name: routes, version: context.routes.findVersion(routes) ?? '' };
  return context.routes.find(routes);
}

/** The path had escaped slashes: the caller is told to ask for the unescaped one. */
function createPathRedirect({ headers }: ActiveStream): LocalReply {
  return {
    status: 307,
    body: '',
    details: 'path_normalization_failed',
    headers: [['location', headers.get(':path') ?? '/']],
  };
}
