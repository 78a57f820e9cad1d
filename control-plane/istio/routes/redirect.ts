import type { MessageInitShape } from '@bufbuild/protobuf';
import { RedirectAction_RedirectResponseCode, type RedirectActionSchema } from '#xds/generated/messages.js';
import type { DirectResponse, Redirect } from '../../kube/schemas/virtual-service.ts';
import type { DirectResponseActionSchema } from '#xds/generated/messages.js';

const RESPONSE_CODES = {
  301: RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  302: RedirectAction_RedirectResponseCode.FOUND,
  303: RedirectAction_RedirectResponseCode.SEE_OTHER,
  307: RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT,
  308: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
} as const;

/** @param listenPort the port that `FROM_REQUEST_PORT` means */
export function translateRedirect(
  redirect: Redirect,
  listenPort: number,
): MessageInitShape<typeof RedirectActionSchema> {
  const port = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenPort : 0);
  return {
    hostRedirect: redirect.authority ?? '',
    pathRewriteSpecifier: { case: 'pathRedirect', value: redirect.uri ?? '' },
    ...(redirect.scheme !== undefined && {
      schemeRewriteSpecifier: { case: 'schemeRedirect', value: redirect.scheme },
    }),
    portRedirect: port,
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
