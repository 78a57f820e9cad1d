import type { Random } from '#core/random.ts';
import { explainFailure } from '#harness/explain/explain-failure.ts';
import type { Explanation } from '#harness/explain/explanation.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { createMutations, mutate, type Mutation } from './mutations.ts';
import { SECRET, setHeader, signRequest } from './sign-request.ts';
import { type Story, tellStory } from './story.ts';

/** A broken request, and what was said about it. */
export interface CorpusCase {
  readonly mutations: readonly Mutation[];
  readonly explanation: Explanation | undefined;
  /** Whether the change, every one of two, and the hop that made it are named. */
  readonly isRight: boolean;
}

/** Where on its way a request is changed, and what an explanation calls the place. */
const PLACES = [
  { key: 'sent', name: 'proxy "ingress"' },
  { key: 'passedOn', name: 'proxy "egress"' },
  { key: 'received', name: 'the way to AWS' },
] as const;

/** Signs a random request, breaks it in one or two ways somewhere on its path, and explains it without the signer's own texts. */
export function explainCase(random: Random, size: 1 | 2): CorpusCase {
  const [first, ...others] = shuffle(random, createMutations(random));
  if (first === undefined) throw new RangeError('no mutations');
  const second = others.find(({ piece }) => piece !== first.piece);
  const mutations = size === 1 || second === undefined ? [first] : [first, second];
  const { signed, arrived } = mutate(createRequest(random), mutations);
  const place = random.pick(PLACES);
  const explanation = explain({ signed, [place.key]: arrived });
  return { mutations, explanation, isRight: isRight(mutations, explanation, place.name) };
}

/** Breaks a request in a way that nothing on its path shows: no search may call a cause of it proved. */
export function explainBreakage(random: Random): Explanation | undefined {
  const request = createRequest(random);
  const noise = random.hex(40);
  const breakages: readonly (() => Story)[] = [
    () => ({ signed: signRequest(request, { secret: noise }) }),
    () => ({ signed: { ...signRequest(request), target: `/${noise}` } }),
    () => ({ signed: setHeader(signRequest(request), 'X-Request-Id', noise) }),
    () => ({ signed: signRequest(request), received: { ...signRequest(request), body: Buffer.from(noise) } }),
    () => {
      const signed = signRequest(request);
      const headers = signed.headers.map((value) => value.replace(/Signature=.{40}/, `Signature=${noise}`));
      return { signed: { ...signed, headers } };
    },
  ];
  return explain(random.pick(breakages)());
}

/** The signer's event keeps its place and loses its texts, so that the search has to find what was signed. */
function explain(story: Story): Explanation | undefined {
  const events = tellStory(story).map((event) =>
    event.type === 'signed' ? { ...event, canonicalRequest: '' } : event,
  );
  return explainFailure(events, { call: 1 }, { findSecretAccessKey: () => SECRET });
}

function isRight(mutations: readonly Mutation[], explanation: Explanation | undefined, place: string): boolean {
  if (explanation?.grade !== 'proved') return false;
  const { cause, sentence, where = '' } = explanation;
  if (!mutations.some(({ causes }) => causes.includes(cause))) return false;
  const changes = mutations.length === 1 ? 1 : sentence.split(/\. (?=[A-Z])/).length;
  const isComplete = changes >= mutations.length;
  return (
    isComplete && mutations.every(({ at }) => at === 'signer' || where.includes(at === 'edge' ? 'aws edge' : place))
  );
}

function createRequest(random: Random): ReceivedRequest {
  const extra = Array.from({ length: random.integer(0, 4) }, () => [`X-${random.hex(4)}`, random.hex(8)]).flat();
  return {
    method: 'POST',
    target: `/${random.hex(5)}/${random.hex(3)}?a=${random.hex(3)}&b=${random.hex(2)}`,
    httpVersion: '1.1',
    headers: [
      ['Host', 'r1.example.com'],
      ['Accept', '*/*'],
      ['User-Agent', 'curl/7.69.1'],
      ['X-Request-Id', random.uuid()],
      ['X-Forwarded-Client-Cert', `By=spiffe://a;Hash=${random.hex(8)}`],
      extra,
    ].flat(),
    body: Buffer.from(random.hex(20)),
  };
}

function shuffle<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: random.float() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
