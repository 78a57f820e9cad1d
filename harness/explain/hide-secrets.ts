import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';

const SECRETS: readonly (readonly [secret: RegExp, shown: string])[] = [
  [/\b(Bearer|Basic) +(?!\(hidden\))[^\s'",]+/gi, '$1 (hidden)'],
  [
    /((?:aws_?)?(?:secret_?access_?key|session_?token|security_?token)["']?\s*[=:]\s*["']?)(?!\*|\(hidden\))[^\s"',<&]+/gi,
    '$1(hidden)',
  ],
  [/(X-Amz-Security-Token=)(?!\(hidden\))[^\s&"]+/gi, '$1(hidden)'],
  [/(<(?:SecretAccessKey|SessionToken)>)[^<]*/g, '$1(hidden)'],
];

/** Text of others without the tokens and secrets that may stand in it. Signatures and access key ids are no secrets. */
export function hideSecrets(text: string): string {
  return SECRETS.reduce((shown, [secret, replacement]) => shown.replace(secret, replacement), hideSessionToken(text));
}
