import { lambdaFunction, manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import type { ManifestSource } from '#harness/topology.ts';
import { CAT, obedientCat } from '../obedient-cat.ts';

const withPassthrough = ({ file, text }: ManifestSource): ManifestSource => ({
  file: `${file}, passed through`,
  text: text.replaceAll('payload_passthrough: false', 'payload_passthrough: true'),
});

/**
 * Without `payload_passthrough` the filter reads the function's answer as an object with status, headers and body. A plain string is
 * none, so the caller gets a 500 without a word of it, and Lambda's own headers.
 */
export default scenario('responses/plain-string-is-500', {
  title: 'A function that answers with a plain string becomes a 500 without a body',
  source: ['gateways.md 1.8'],
  tags: ['response', 'payload', 'B46'],
  topology: (words) => {
    const { aws, east } = obedientCat(words);
    return { aws: { ...aws, functions: { [CAT]: lambdaFunction('plain-cat') } }, east };
  },
  async run({ aws, east, step, fix, expect }) {
    const forward = await step('forward 127.0.0.1:9080 to the load balancer', () =>
      east.portForward(9080, 'istio-ingressgateway', 80),
    );
    const callCat = () => forward.get('/cat', { host: 'example.com' });

    await step('GET /cat runs the function and loses its answer', async () => {
      const lost = await callCat();
      expect(lost).toHaveStatus(500);
      expect(lost).toBeExplainedBy('answer-unreadable');
      expect(lost).toHaveBody('');
      expect(lost).toHaveHeader('x-amzn-requestid');
      expect(aws.invocations(CAT)).toHaveLength(1);
    });

    await fix('pass payloads through', () => east.apply(withPassthrough(manifest('seed-000/lambda.yaml'))));
    await step('GET /cat has the string, in JSON', () => expect.eventually(callCat).toHaveBody('"meow"'));
  },
});
