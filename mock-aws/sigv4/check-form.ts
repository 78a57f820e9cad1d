import { AuthError } from './auth-error.ts';
import type { HeaderIndex } from './header-index.ts';
import type { ReceivedRequest, ServiceFamily } from './types.ts';

const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * What STS and IAM ask of a request before they look for a signature: not a bare GET, which they redirect to a product
 * page, and a form as body (aws.md 1.4 steps 2 and 3). A body without a type passes: no answer to one was recorded.
 *
 * @throws AuthError `get-root` or `content-type-unsuitable`
 */
export function checkForm(request: ReceivedRequest, headers: HeaderIndex, family: ServiceFamily): void {
  if (family !== 'query') return;
  if (request.method === 'GET' && request.target === '/') throw new AuthError('get-root');
  const contentType = headers.find('content-type');
  if (request.method === 'POST' && contentType !== undefined && !FORM_TYPE.test(contentType)) {
    throw new AuthError('content-type-unsuitable');
  }
}
