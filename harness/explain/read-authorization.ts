import type { RequestHead } from '#core/http-message.ts';
import type { Authorization } from '#mock-aws/sigv4/authorization.ts';
import { findAuthorization } from '#mock-aws/sigv4/find-authorization.ts';
import { HeaderIndex } from '#mock-aws/sigv4/header-index.ts';
import { parseQuery } from '#mock-aws/sigv4/query-parameters.ts';
import { splitTarget } from '#mock-aws/sigv4/split-target.ts';

/** The signature a request carries, in whichever form; undefined when it has none that can be read. */
export function readAuthorization(head: RequestHead): Authorization | undefined {
  try {
    return findAuthorization(new HeaderIndex(head.headers), parseQuery(splitTarget(head.target).query), 'rest-json');
  } catch {
    return undefined;
  }
}
