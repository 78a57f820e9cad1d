import { getHeader, type RequestHead } from '#core/http-message.ts';
import type { ServiceName } from './aws-call.ts';
import { parseQuery, pathOf, queryOf } from './schema/query-string.ts';

const SCOPE = /Credential=[^/,\s]*\/[^/,\s]*\/[^/,\s]*\/(?<service>[^/,\s]*)/;
const HOST = /^(?<service>lambda|iam|sts)\./;

/**
 * Finds the service a request means, for a listener that serves all of them: by credential scope, then Host, path and
 * form action. A real endpoint has one name per service, so this is the mock's convenience, not a rule of AWS.
 */
export function findService(request: RequestHead, body: Uint8Array): ServiceName {
  return findByScope(request) ?? findByHost(request) ?? findByPath(request, body);
}

function findByScope({ headers, target }: RequestHead): ServiceName | undefined {
  const fromHeader = SCOPE.exec(getHeader(headers, 'authorization') ?? '')?.groups?.['service'];
  return toServiceName(fromHeader ?? parseQuery(queryOf(target)).get('X-Amz-Credential')?.split('/')[3]);
}

function findByHost({ headers }: RequestHead): ServiceName | undefined {
  return toServiceName(HOST.exec(getHeader(headers, 'host') ?? '')?.groups?.['service']);
}

/** IAM and STS share a path; their versions differ. */
function findByPath({ target }: RequestHead, body: Uint8Array): ServiceName {
  if (pathOf(target) !== '/') return 'lambda';
  const form = `${queryOf(target)}&${Buffer.from(body).toString('latin1')}`;
  return parseQuery(form).get('Version') === IAM_VERSION ? 'iam' : 'sts';
}

function toServiceName(text: string | undefined): ServiceName | undefined {
  return text === 'lambda' || text === 'iam' || text === 'sts' ? text : undefined;
}

const IAM_VERSION = '2010-05-08';
