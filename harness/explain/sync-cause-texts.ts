import type { SyncCause } from './cause.ts';
import type { CauseFacts, CauseText } from './cause-text.ts';
import { nameProxy, upperFirst } from './cause-words.ts';

const nameType = ({ resourceType }: CauseFacts) => resourceType ?? 'configuration';
const detailOf = ({ message }: CauseFacts) => (message === undefined ? '' : `: ${message.replace(/\.$/, '')}`);

const WAIT = 'wait until the proxy serves the change (toBeServing, or a call that shows it) before relying on it';

/** Why and what to do where a proxy served by something old. */
export const SYNC_CAUSE_TEXTS: Readonly<Record<SyncCause, CauseText>> = {
  'push-not-sent': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} went by old ${nameType(facts)}: istiod had ${facts.change === undefined ? 'a change' : `a change (${facts.change})`} and had not sent it yet, which proxy-status calls SYNCED.`,
    fix: () => WAIT,
  },
  'push-not-acked': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} goes by old ${nameType(facts)}: istiod has sent newer, and it has not acknowledged that.`,
    fix: () =>
      'look at the log of the proxy for "rejected" and at its connection to istiod; restart the proxy if it stays STALE',
  },
  'push-rejected': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} refuses the newest ${nameType(facts)} and goes on with what it had${detailOf(facts)}.`,
    fix: () => 'repair what is refused: until then no later change of that resource reaches the proxy',
  },
  'still-warming': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} accepted the newest ${nameType(facts)}, but it is not complete${detailOf(facts)}.`,
    fix: ({ told }) =>
      `supply what is missing${told === undefined ? '' : ` (${told})`}: an ACK says that a resource is valid, not that it serves`,
  },
  'old-connection': {
    why: (facts) =>
      `The connection to ${nameProxy(facts)} is older than its listener: it stays on the old filters until it ends or is drained.`,
    fix: () => 'close the connection, or wait until it has drained (45 s by default)',
  },
};
