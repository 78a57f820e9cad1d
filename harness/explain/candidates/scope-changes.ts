import type { CredentialScope } from '#mock-aws/sigv4/credential-scope.ts';
import type { SignatureCause } from '../cause.ts';
import type { Change } from '../change.ts';
import type { SearchSubject } from '../search-subject.ts';
import type { PartsEdit } from '../signing-parts.ts';

const USUAL_REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'eu-west-1',
  'eu-central-1',
  'ap-southeast-1',
  'ap-northeast-1',
];

const RARE_REGIONS =
  'eu-west-2 eu-west-3 eu-north-1 eu-south-1 eu-south-2 eu-central-2 ap-east-1 ap-south-1 ap-south-2 ap-northeast-2 ap-northeast-3 ap-southeast-2 ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 sa-east-1 me-south-1 me-central-1 af-south-1 il-central-1 us-gov-east-1 us-gov-west-1 cn-north-1 cn-northwest-1'.split(
    ' ',
  );

const USUAL_SERVICES = ['lambda', 'execute-api', 'sts', 'iam', 's3', 'apigateway', 'aws-lambda'];

const RARE_SERVICES =
  'dynamodb sqs sns kms secretsmanager ssm events kinesis firehose logs monitoring states es aoss ec2 eks ecs ecr elasticloadbalancing autoscaling rds redshift athena glue bedrock appsync cloudformation cognito-idp email ses lambda.amazonaws.com'.split(
    ' ',
  );

/** Other regions, services and days that may have been signed, or that the signing key may have been derived for. */
export function createScopeChanges({ parts: { scope } }: SearchSubject): Change[] {
  return [
    ...USUAL_REGIONS.flatMap((region) => createChanges(scope, { region }, 'usual')),
    ...USUAL_SERVICES.flatMap((service) => createChanges(scope, { service }, 'usual')),
    ...listDays(scope.day).flatMap((day) => createChanges(scope, { day }, 'usual')),
    ...RARE_REGIONS.flatMap((region) => createChanges(scope, { region }, 'rare')),
    ...[scope.region.toLowerCase(), ''].flatMap((region) => createChanges(scope, { region }, 'rare')),
    ...RARE_SERVICES.flatMap((service) => createChanges(scope, { service }, 'rare')),
    ...[scope.service.toLowerCase()].flatMap((service) => createChanges(scope, { service }, 'rare')),
  ];
}

const CAUSES: Readonly<Record<string, SignatureCause>> = {
  region: 'wrong-region',
  service: 'wrong-service',
  day: 'wrong-date',
};

/** A signer can be wrong in the signing key, in the string to sign, or in both; rarely in one of them by a rare name. */
function createChanges(scope: CredentialScope, other: Partial<CredentialScope>, origin: Change['origin']): Change[] {
  const [[field, value] = ['', '']] = Object.entries(other);
  const checked = Object.entries(scope).find(([name]) => name === field)?.[1];
  if (value === checked) return [];
  const signedScope = { ...scope, ...other };
  const create = (edit: PartsEdit, where: string, sureness: Change['origin']): Change => ({
    cause: CAUSES[field] ?? 'wrong-region',
    edit,
    reading: `the ${field} is read as "${value}" in ${where}`,
    origin: sureness,
    subject: `:${field}`,
    signed: value,
    checked,
  });
  const both = create({ scope: signedScope, keyScope: signedScope }, 'the signing key and the string to sign', origin);
  if (origin === 'rare') return [both];
  return [
    both,
    create({ keyScope: signedScope }, 'the signing key', 'rare'),
    create({ scope: signedScope }, 'the string to sign', 'rare'),
  ];
}

/** The days next to the one signed: a signer that mixes local time and UTC is off by one. */
function listDays(day: string): string[] {
  const at = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00Z`);
  if (Number.isNaN(at)) return [];
  return [-1, 1].map((days) => new Date(at + days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', ''));
}
