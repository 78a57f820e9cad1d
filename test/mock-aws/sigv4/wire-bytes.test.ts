import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createAuthorization, createPolicy, signByHand, STAMP } from './support/requests.ts';

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('accepts a signature over the UTF-8 bytes that a client put on the wire', async () => {
  const names = 'host;x-amz-date;x-name';
  const lines = `host:h\nx-amz-date:${STAMP}\nx-name:Zoë ሴ\n`;
  const canonicalRequest = `GET\n/%25E1%2588%25B4\nq=%C3%AB\n${lines}\n${names}\n${EMPTY_HASH}`;
  const authorization = createAuthorization(names, signByHand(canonicalRequest));
  const {
    method = '',
    url = '',
    rawHeaders,
  } = await receive(
    `GET /%E1%88%B4?q=%c3%ab HTTP/1.1\r\nHost: h\r\nX-Amz-Date: ${STAMP}\r\nX-Name:  Zoë ሴ \r\nAuthorization: ${authorization}\r\n\r\n`,
  );
  const request = { method, target: url, httpVersion: '1.1', headers: rawHeaders, body: Buffer.alloc(0) } as const;
  expect(verifyRequest(request, createPolicy())).toMatchObject({ accepted: true });
});

/** What `node:http` makes of some bytes. */
async function receive(text: string): Promise<IncomingMessage> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(Buffer.from(text, 'utf8'));
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  client.destroy();
  server.close();
  return request;
}
