import { CONNECTION_CAUSE_TEXTS } from './connections/connection-cause-texts.ts';
import { FLAG_CAUSE_TEXTS } from './flag-cause-texts.ts';
import { LAMBDA_CAUSE_TEXTS } from './lambda-cause-texts.ts';
import { PROXY_CAUSE_TEXTS } from './proxy-cause-texts.ts';
import { SYNC_CAUSE_TEXTS } from './sync-cause-texts.ts';

/** The causes that AWS names before it compares signatures, and that are about who signs. */
const ABOUT_KEYS = /^(no-credentials|not-signed|access-key-.*|not-authorized|session-token-.*)$/;
const ABOUT_TIME = /-timeout$/;
/** What a proxy says of its connections, in the words of its answer. */
const ABOUT_CONNECTIONS = /^(connection-.*|certificate-refused|secret-missing)$/;

/** Where to look, as one word: `signature`, `credentials`, `timeout`, `connection`, `sync`, `lambda` or `proxy`. */
export function findCauseArea(cause: string): string {
  if (ABOUT_KEYS.test(cause)) return 'credentials';
  if (cause in CONNECTION_CAUSE_TEXTS || ABOUT_CONNECTIONS.test(cause)) return 'connection';
  if (cause in SYNC_CAUSE_TEXTS) return 'sync';
  if (cause in LAMBDA_CAUSE_TEXTS) return 'lambda';
  if (cause in FLAG_CAUSE_TEXTS) return 'proxy';
  if (!(cause in PROXY_CAUSE_TEXTS)) return 'signature';
  return ABOUT_TIME.test(cause) ? 'timeout' : 'proxy';
}
