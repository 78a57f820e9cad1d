import type { LogEntry } from './envoy-log-entries.ts';

/** What a signer wrote into its log about one signature. */
export interface LoggedSigning {
  readonly stringToSign: string;
  /** Hidden by newer builds (gateways.md 2.6). */
  readonly signature: string | undefined;
  readonly repairs: readonly string[];
}

const STRING_TO_SIGN = /String to sign:\s*(.*)$/;
const SIGNED = /Signing request with: |Authorization header \(sanitised\): |New path \(sanitised\): /;

/** Every string to sign of a log, each with the signature that follows it. */
export function readSignings(entries: readonly LogEntry[]): LoggedSigning[] {
  const signings: LoggedSigning[] = [];
  let text: { stringToSign: string; repairs: readonly string[] } | undefined;
  for (const entry of entries) {
    if (STRING_TO_SIGN.test(entry.text)) text = readStringToSign(entry);
    if (text === undefined || !SIGNED.test(entry.text)) continue;
    const line = [entry.text, ...entry.lines].join('');
    signings.push({ ...text, signature: /Signature=([0-9a-f]{64})/.exec(line)?.[1] });
    text = undefined;
  }
  return text === undefined ? signings : [...signings, { ...text, signature: undefined }];
}

/** Four lines: algorithm, time, scope, hash. Markdown's star in `aws4_request` is mended. */
function readStringToSign(entry: LogEntry): { stringToSign: string; repairs: readonly string[] } | undefined {
  const first = STRING_TO_SIGN.exec(entry.text)?.[1] ?? '';
  const lines = [first, ...entry.lines].map((line) => line.trim()).filter((line) => line !== '');
  const [algorithm, stamp, scope = '', hash] = lines;
  if (algorithm?.startsWith('AWS4-') !== true || stamp === undefined || hash === undefined) return undefined;
  const mended = scope.replace(/aws4.request$/, 'aws4_request');
  return {
    stringToSign: [algorithm, stamp, mended, hash].join('\n'),
    repairs: mended === scope ? [] : [`"${scope}" read as "${mended}" (string to sign)`],
  };
}
