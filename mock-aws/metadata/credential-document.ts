import type { Instant } from '#core/clock.ts';
import { formatTime } from '../endpoint/format-time.ts';
import type { IssuedCredentials } from '../endpoint/rotating-credentials.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { IamRole } from '../iam/role-store.ts';
import { trustsService } from '../iam/trusts-service.ts';

interface DocumentSource {
  readonly iam: IamStore;
  readonly now: Instant;
  readonly issue: (role: IamRole) => IssuedCredentials;
}

/** The document of a role's credentials, in the layout EC2 prints; of a role that EC2 may not assume, the reason. */
export function createCredentialDocument(roleName: string, { iam, now, issue }: DocumentSource): string {
  const role = iam.roles.listRoles().find((candidate) => candidate.roleName === roleName);
  if (role === undefined || !trustsService(role, 'ec2.amazonaws.com', now)) {
    return print({
      Code: 'AssumeRoleUnauthorizedAccess',
      Message: `EC2 cannot assume the role ${roleName}. Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.`,
      LastUpdated: formatTime(now),
    });
  }
  const { accessKeyId, secretAccessKey, sessionToken, sessionExpiresAt, issuedAt } = issue(role);
  return print({
    Code: 'Success',
    LastUpdated: formatTime(issuedAt),
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: formatTime(sessionExpiresAt),
  });
}

/** With a blank before each colon. */
function print(members: Readonly<Record<string, string>>): string {
  const lines = Object.entries(members).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}`;
}
