import { ConfigError } from '../../config-error.ts';

/** The parts of a Lambda ARN that an invocation needs. */
export interface LambdaArn {
  /** The ARN as configured. */
  readonly text: string;
  readonly region: string;
  /** The function's name, with `:qualifier` when the ARN has one. */
  readonly functionName: string;
}

/**
 * Reads an ARN as Envoy does: at least seven parts, the first one `arn`, nothing else looked at. A part after the eighth
 * stays in the text but not in the name (gateways.md 1.3).
 *
 * @throws ConfigError in Envoy's words
 */
export function parseLambdaArn(text: string): LambdaArn {
  const parts = text.split(':');
  const [scheme, , , region, , , name, qualifier] = parts;
  if (scheme !== 'arn' || region === undefined || name === undefined) {
    throw new ConfigError(`aws_lambda_filter: Invalid ARN: ${text}`);
  }
  return { text, region, functionName: qualifier === undefined ? name : `${name}:${qualifier}` };
}
