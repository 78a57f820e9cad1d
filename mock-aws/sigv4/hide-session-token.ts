const HEADER_LINE = /^(x-amz-security-token:).*$/gm;
const PARAMETER = /((?:^|[?&\n])X-Amz-Security-Token=)[^&\n]*/g;

/** A canonical request with the session token replaced by `(hidden)`, for events, logs and reports. */
export function hideSessionToken(canonicalRequest: string): string {
  return canonicalRequest.replace(HEADER_LINE, '$1(hidden)').replace(PARAMETER, '$1(hidden)');
}
