import type { Finding } from './finding.ts';

type Told = Pick<Finding, 'cause' | 'facts'> & { readonly grade?: Finding['grade'] };

/** What curl says when it got no answer, by the number of its error. */
export function readCurlError(number: number, message: string): Told | undefined {
  const host = /(?:connect to|resolve host:?) (\S+?)(?: port (\d+))?(?:[ ,;]|$)/.exec(message);
  const facts = {
    answeredBy: 'curl',
    ...(host?.[1] !== undefined && { host: host[2] === undefined ? host[1] : `${host[1]}:${host[2]}` }),
  };
  switch (number) {
    case 6:
      return { cause: 'name-not-resolved', facts };
    case 7:
    case 28:
      return readConnect(number, message, facts);
    case 18:
      return { cause: 'answer-broken-off', facts };
    case 35:
      return /wrong version number/i.test(message)
        ? { cause: 'tls-mismatch', facts: { ...facts, message: 'wrong version number' } }
        : // A listener without a filter chain for the name closes in the middle of the handshake, and tells nothing.
          { cause: 'no-filter-chain', facts: {}, grade: 'likely' };
    case 52:
    case 56:
      return { cause: 'connection-lost', facts: { message } };
    case 60:
      return {
        cause: 'certificate-refused',
        facts: {
          answeredBy: 'curl',
          host: 'the server',
          message: message.replace(/^SSL certificate problem: /, ''),
          remedy:
            'give curl the authority that issued it (--cacert FILE) and the name it is for (--resolve), or -k to look past it while testing',
        },
      };
    default:
      return undefined;
  }
}

/** curl has one number for a refusal and for silence, and another for its own limit of time. */
function readConnect(number: number, message: string, facts: Finding['facts']): Told {
  if (/refused/.test(message)) return { cause: 'connection-refused', facts };
  if (/timed out after|Operation timed out/.test(message) && !message.includes('onnection timed out'))
    return { cause: 'caller-gone', facts: readWait(message) };
  // At once, it is a refusal: silence takes minutes.
  const waitedMs = Number(/after (\d+) ms/.exec(message)?.[1] ?? 0);
  if (number === 7 && waitedMs < 2_000) return { cause: 'connection-refused', facts };
  return { cause: 'connect-timeout', facts: { ...facts, ...readWait(message) } };
}

function readWait(message: string): Pick<Finding['facts'], 'waited'> {
  const waitedMs = /after (\d+) (?:ms|milliseconds)/.exec(message)?.[1];
  return waitedMs === undefined ? {} : { waited: `${Math.round(Number(waitedMs) / 1_000)} s` };
}
