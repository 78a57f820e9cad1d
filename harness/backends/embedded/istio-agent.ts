import { createHttp1Server } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import { ResourceStack } from '#core/resource-stack.ts';
import { AGENT } from './istio-bootstrap.ts';

/**
 * Answers `/healthz/ready` beside a proxy as Istio's agent does (istio `pilot/cmd/pilot-agent/status`). It starts when the proxy
 * serves: until then the proxy's status port finds nobody, and answers 503.
 */
export async function startIstioAgent(network: Network, podZone: string): Promise<AsyncDisposable> {
  const stack = new ResourceStack();
  const server = createHttp1Server((request, response) => {
    request.resume();
    response.writeHead(request.url === '/healthz/ready' ? 200 : 404).end();
  });
  stack.defer(() => server.closeAllConnections());
  stack.use(await network.listen(podZone, AGENT, (connection) => server.emit('connection', connection)));
  return stack;
}
