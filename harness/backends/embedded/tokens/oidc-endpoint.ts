import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '#core/certificates.ts';
import { createHttp1Server } from '#core/http.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { findSecureContext } from '#core/secure-context.ts';
import { acceptTls } from '#mock-aws/accept-tls.ts';
import { AWS_ZONE } from '../zones.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

export interface OidcEndpointOptions {
  readonly network: MemoryNetwork;
  /** The name that the issuers share, which `identity` is for. */
  readonly host: string;
  readonly identity: Identity;
  /** Asked at each request: clusters may start later. */
  readonly issuers: () => readonly ServiceAccountTokens[];
}

const ADDRESS = { host: '52.94.236.13', port: 443 };

/** Publishes the discovery documents and keys of every KubeCluster's issuer, as EKS does: in public, where STS finds them. */
export async function startOidcEndpoint(options: OidcEndpointOptions): Promise<AsyncDisposable> {
  const { network, host, identity } = options;
  const server = createHttp1Server((request, response) => answer(request, response, options));
  const context = findSecureContext({ cert: identity.chainPem, key: identity.privateKeyPem });
  const stack = new ResourceStack();
  stack.defer(() => server.closeAllConnections());
  stack.use(
    await network.listen(AWS_ZONE, ADDRESS, (connection) =>
      acceptTls(connection, context, {
        onSecure: (secured) => server.emit('connection', secured),
        onError: () => {},
      }),
    ),
  );
  stack.use(network.addName('*', host, [ADDRESS.host]));
  return stack;
}

function answer(request: IncomingMessage, response: ServerResponse, { host, issuers }: OidcEndpointOptions): void {
  response.sendDate = false;
  const url = `https://${host}${request.url ?? ''}`;
  const issuer = issuers().find((candidate) => url.startsWith(`${candidate.issuer}/`));
  const document = issuer?.documents.get(url.slice(issuer.issuer.length));
  if (document === undefined) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const text = JSON.stringify(document);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
}
