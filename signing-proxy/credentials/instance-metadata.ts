/** Where the EC2 instance metadata service answers. */
export const METADATA_ADDRESS = { host: '169.254.169.254', port: 80 };

/** Lists the instance's role, without a slash at the end; the role's keys are one level below. */
export const ROLES_PATH = '/latest/meta-data/iam/security-credentials';

/** Shows the token that version 2 of the service asks for. */
export const TOKEN_HEADER = 'X-aws-ec2-metadata-token';

/** Asks for that token. */
export const TOKEN_REQUEST = {
  method: 'PUT',
  path: '/latest/api/token',
  headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' },
} as const;

/** The first line of the list of roles; an instance has one role at most. */
export function findRole(listing: string): string | undefined {
  return listing
    .trim()
    .split('\n')
    .find((line) => line !== '');
}
