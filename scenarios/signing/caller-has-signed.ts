import { scenario } from '#harness/scenario.ts';
import { CAT_ARN, lambdaFilter, lambdaInParts } from '../lambda-in-parts.ts';

/** What an SDK sends: a signature for the host that it believes it talks to. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000',
  'x-amz-date': '20260101T000000Z',
};

/** A caller that signs and a proxy that signs make two signatures: the caller has to leave it to the proxy. */
export default scenario('signing/caller-has-signed', {
  title: 'A request that its caller has signed is signed again',
  source: ['envoyproxy/envoy#37732'],
  tags: ['signature', 'B07'],
  topology: (words) => lambdaInParts(words, lambdaFilter(CAT_ARN)),
  async run({ east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    let headers: Readonly<Record<string, string>> = SIGNED;
    const callCat = () => forward.get('/cat', { host: 'example.com', headers });

    await step('GET /cat, signed by the caller', async () => {
      const refused = await callCat();
      expect(refused).toBeRefusedBy('lambda', 'IncompleteSignatureException');
      expect(refused).toBeExplainedBy('malformed-authorization');
    });

    await fix('send it unsigned', () => {
      headers = {};
    });
    await step('GET /cat is accepted', () => expect.eventually(callCat).toBeAcceptedBy('lambda'));
  },
});
