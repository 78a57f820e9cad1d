import { ServiceError } from '../service-error.ts';

const PARTITIONS = new Set(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc', '*']);

/**
 * What IAM asks of a `Resource` (aws.md 4.4, from recorded answers).
 *
 * @throws ServiceError `MalformedPolicyDocument`
 */
export function checkResource(resource: string): void {
  if (resource === '*') return;
  const parts = resource.split(':');
  if (parts.length < 2) throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  const [, partition = '', vendor = '', region = '', account = ''] = parts;
  if (!PARTITIONS.has(partition)) {
    // IAM fills what is missing and puts the prefix right before it complains.
    const [, , service = '*', area = '*', owner = '*', ...name] = parts;
    const filled = ['arn', partition, service, area, owner, name.join(':') || '*'].join(':');
    throw malformed(`Partition "${partition}" is not valid for resource "${filled}".`);
  }
  if (parts.length < 3 || /[*?]/.test(vendor)) {
    throw malformed('Resource vendor must be fully qualified and cannot contain regexes.');
  }
  if (parts.length < 6 || vendor === '') throw malformed('The policy failed legacy parsing');
  if (vendor === 's3' && account === '' && region !== '') {
    throw malformed(`Resource ${resource} can not contain region information.`);
  }
}

function malformed(message: string): ServiceError {
  return new ServiceError({ status: 400, code: 'MalformedPolicyDocument', message });
}
