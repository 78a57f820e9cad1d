/** What a bench server tells the bench. */
export type BenchServerMessage =
  | { readonly type: 'listening'; readonly port: number }
  /** CPU time of the process so far, in microseconds. */
  | { readonly type: 'cpu'; readonly user: number; readonly system: number };

/** The key that signs every request of the bench. */
export const BENCH_KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
