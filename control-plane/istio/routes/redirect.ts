import type { MessageInitShape } from '@bufbuild/protobuf';
import { RedirectAction_RedirectResponseCode, type RedirectActionSchema } from '#xds/generated/messages.js';
import type { DirectResponse, Redirect } from '../../kube/schemas/virtual-service.ts';
import type { DirectResponseActionSchema } from '#xds/generated/messages.js';
import type { RoutePlace } from './route-place.ts';

const RESPONSE_CODES = {
  301: RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  302: RedirectAction_RedirectResponseCode.FOUND,
  303: RedirectAction_RedirectResponseCode.SEE_OTHER,
  307: RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT,
  308: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
} as const;

/** Ports that a location does not name. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** @param place where the redirected requests come in: its port is what `FROM_REQUEST_PORT` means */
export function translateRedirect(
  redirect: Redirect,
  { listenPort, isTls = false }: Pick<RoutePlace, 'listenPort' | 'isTls'>,
): MessageInitShape<typeof RedirectActionSchema> {
  const port = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenPort : 0);
  const scheme = redirect.scheme ?? (isTls ? 'https' : 'http');
  return {
    hostRedirect: redirect.authority ?? '',
    pathRewriteSpecifier: { case: 'pathRedirect', value: redirect.uri ?? '' },
    ...(redirect.scheme !== undefined && {
      schemeRewriteSpecifier: { case: 'schemeRedirect', value: redirect.scheme },
    }),
    portRedirect: port === DEFAULT_PORTS[scheme] ? 0 : port,
    responseCode: RESPONSE_CODES[redirect.redirectCode ?? 301],
  };
}

export function translateDirectResponse({
  status,
  body,
}: DirectResponse): MessageInitShape<typeof DirectResponseActionSchema> {
  if (body?.bytes !== undefined) {
    return { status, body: { specifier: { case: 'inlineBytes', value: Buffer.from(body.bytes, 'base64') } } };
  }
  if (body?.string === undefined) return { status };
  return { status, body: { specifier: { case: 'inlineString', value: body.string } } };
}
