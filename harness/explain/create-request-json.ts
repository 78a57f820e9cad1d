import type { RequestReport } from './explain-request.ts';
import { isAccepted } from './judge-request.ts';

/** What `--json` prints: one object. A field that does not apply is null. */
export interface RequestJson {
  readonly verdict: 'accepted' | 'refused';
  /** Error code as AWS sends it; null when accepted, and when no secret key was there to compare signatures with. */
  readonly code: string | null;
  readonly message: string | null;
  /** Byte for byte what is hashed, so it holds the session token of a request that signs one. */
  readonly canonicalRequest: string | null;
  readonly stringToSign: string | null;
  readonly cause: string | null;
  readonly grade: string | null;
  readonly sentence: string | null;
  readonly proof: readonly string[];
  readonly fix: string | null;
  readonly header: string | null;
  readonly pathRule: 'normalized' | 'raw' | null;
  readonly service: string | null;
  readonly region: string | null;
  readonly accessKeyId: string | null;
  /** How many single changes and pairs were tried. */
  readonly searched: { readonly singles: number; readonly pairs: number };
  readonly ruledOut: readonly { readonly cause: string; readonly tried: number }[];
  readonly edgeChanges: readonly {
    readonly rule: string;
    readonly header: string;
    readonly from: string | null;
    readonly to: string | null;
  }[];
  readonly warnings: readonly string[];
}

/** A judged request as plain data. It never holds the secret key. */
export function createRequestJson({ judgement, explanation, isRecomputed }: RequestReport): RequestJson {
  const { verdict, relaxed, pathRule, service, region, credential, edgeChanges } = judgement;
  const isUnchecked = !isRecomputed && 'failure' in verdict && verdict.failure === 'signature-mismatch';
  const texts = 'canonicalRequest' in verdict ? verdict : relaxed;
  return {
    verdict: isAccepted(verdict) ? 'accepted' : 'refused',
    code: isAccepted(verdict) || isUnchecked ? null : (verdict.code ?? null),
    message: isAccepted(verdict) || isUnchecked ? null : (verdict.message ?? null),
    canonicalRequest: decode(texts.canonicalRequest),
    stringToSign: decode(texts.stringToSign),
    cause: explanation?.cause ?? null,
    grade: explanation?.grade ?? null,
    sentence: explanation?.sentence ?? null,
    proof: explanation?.proof ?? [],
    fix: explanation?.fix ?? null,
    header: explanation?.header ?? null,
    pathRule,
    service,
    region,
    accessKeyId: credential?.accessKeyId ?? null,
    searched: explanation?.searched ?? { singles: 0, pairs: 0 },
    ruledOut: explanation?.ruledOut ?? [],
    edgeChanges: edgeChanges.map(({ rule, header, from, to }) => ({
      rule,
      header,
      from: from ?? null,
      to: to ?? null,
    })),
    warnings: isAccepted(verdict) ? verdict.warnings : [],
  };
}

/** Byte strings hold UTF-8 as it came; JSON holds characters. */
function decode(text: string | undefined): string | null {
  return text === undefined ? null : Buffer.from(text, 'latin1').toString('utf8');
}
