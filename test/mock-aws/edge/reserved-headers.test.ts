import { expect, test } from 'vitest';
import { applyEdgeTo } from './support/edge.ts';

test.each(['x-amzn-cipher-suite', 'X-Amzn-Tls-Version', 'x-amzn-vpc-id', 'x-amzn-vpce-config', 'x-amzn-vpce-id'])(
  'refuses %s on Lambda',
  (name) => {
    expect(applyEdgeTo(['Host', 'h', name, 'value']).refusal).toEqual({
      status: 403,
      code: undefined,
      message:
        'The request includes reserved HTTP headers. Reserved headers are required only for Lambda private link requests.',
    });
  },
);

test('lets other services have them, and Lambda have others', () => {
  expect(applyEdgeTo(['x-amzn-vpc-id', 'vpc-1'], { service: 'sts' }).refusal).toBeUndefined();
  expect(applyEdgeTo(['x-amzn-trace-id', 'Root=1']).refusal).toBeUndefined();
});
