import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '#core/errors.ts';
import { createHttp1Server } from '#core/http.ts';
import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import { ADMIN_PATHS, findAdminPage, type AdminAnswer, type AdminState } from './admin-pages.ts';

export interface AdminPlace {
  readonly network: Network;
  readonly zone: string;
  readonly address: Address;
}

export interface AdminServer extends AsyncDisposable {
  readonly address: Address;
}

/** Serves Envoy's admin endpoint. @throws MeshrigError `PORT_IN_USE` */
export async function startAdmin(state: AdminState, { network, zone, address }: AdminPlace): Promise<AdminServer> {
  const server = createHttp1Server((request, response) => void answer(state, request, response));
  const listener = await network.listen(zone, address, (connection) => void server.emit('connection', connection));
  return {
    address: listener.address,
    async [Symbol.asyncDispose]() {
      await listener.close();
      server.closeAllConnections();
    },
  };
}

async function answer(state: AdminState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const { status, contentType, body } = await findAnswer(state, request);
  response.writeHead(status, {
    'content-type': contentType ?? 'text/plain; charset=UTF-8',
    'cache-control': 'no-cache, max-age=0',
    'x-content-type-options': 'nosniff',
    server: 'envoy',
  });
  response.end(body);
}

async function findAnswer(state: AdminState, request: IncomingMessage): Promise<AdminAnswer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://admin');
  const page = findAdminPage(pathname);
  if (page === undefined)
    return {
      status: 404,
      body: `invalid path. admin commands are:\n${ADMIN_PATHS.map((path) => `  ${path}\n`).join('')}`,
    };
  if (page.changesState && request.method !== 'POST')
    return { status: 405, body: `Method ${request.method ?? ''} not allowed, POST required.` };
  try {
    return await page.answer(state, searchParams);
  } catch (error) {
    return { status: 500, body: messageOf(error) };
  }
}
