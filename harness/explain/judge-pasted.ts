import type { Instant } from '#core/clock.ts';
import { formatBasicTime, parseRequestTime } from '#mock-aws/sigv4/request-time.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { explainRequest, type RequestReport } from './explain-request.ts';
import type { JudgeOptions } from './judge-request.ts';
import type { PastedRequest } from './pasted/types.ts';
import { readAuthorization } from './read-authorization.ts';

export interface JudgePastedOptions extends Omit<JudgeOptions, 'now' | 'payloadHash'> {
  /** Where somebody says when it is; else the paste or the clock does. */
  readonly now?: Instant;
  readonly clockNow: () => Instant;
}

/** A pasted request, what AWS says of it, and as of when. */
export interface JudgedPaste {
  readonly parsed: PastedRequest;
  readonly report: RequestReport;
  readonly now: Instant;
}

/** Judges a pasted request as of the time given, or that of the paste; an old paste that tells none as of its signature. */
export function judgePasted(pasted: PastedRequest, options: JudgePastedOptions): JudgedPaste {
  const given = options.now ?? pasted.at;
  const judged = judgeAt(pasted, given ?? options.clockNow(), options);
  const signedAt = given === undefined && isOld(judged.report) ? readSigningTime(pasted.request) : undefined;
  if (signedAt === undefined) return judged;
  const repair = `judged at the time of its signature, ${formatBasicTime(signedAt)}; --now sets another`;
  return judgeAt({ ...pasted, repairs: [...pasted.repairs, repair] }, signedAt, options);
}

function judgeAt(parsed: PastedRequest, now: Instant, options: JudgePastedOptions): JudgedPaste {
  const { request, payloadHash, stringToSign, unsignedBecause } = parsed;
  const report = explainRequest(request, {
    ...options,
    now,
    ...(payloadHash === undefined ? {} : { payloadHash }),
    ...(stringToSign === undefined ? {} : { stringToSign }),
    ...(unsignedBecause === undefined ? {} : { unsignedBecause }),
  });
  return { parsed, report, now };
}

/** A paste is older than AWS's window nearly always: only a signature that is right shows that its time is what is wrong. */
function isOld({ explanation }: RequestReport): boolean {
  return explanation?.cause === 'clock-skew' && explanation.grade !== 'proved';
}

function readSigningTime(request: ReceivedRequest): Instant | undefined {
  try {
    return parseRequestTime(readAuthorization(request)?.date ?? '').at;
  } catch {
    return undefined;
  }
}
