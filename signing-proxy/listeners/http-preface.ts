const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** Envoy's inspector gives up beyond this many bytes without a line end. */
const MAX_REQUEST_LINE_BYTES = 8 * 1024;
const LINE_FEED = 10;
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ ]+ HTTP\/1\.([01])\r?$/;
const METHOD_START = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |$)/;

/**
 * Tells the protocol of a plain-text connection by its first bytes, as Envoy's `http_inspector` does; undefined when it
 * is not HTTP. Never throws.
 */
export function detectHttpProtocol(bytes: Buffer): 'h2c' | 'http/1.1' | 'http/1.0' | 'incomplete' | undefined {
  const shared = Math.min(bytes.length, HTTP2_PREFACE.length);
  if (bytes.subarray(0, shared).equals(HTTP2_PREFACE.subarray(0, shared))) {
    return shared === HTTP2_PREFACE.length ? 'h2c' : 'incomplete';
  }
  const end = bytes.indexOf(LINE_FEED);
  if (end === -1) return couldBeRequestLine(bytes) ? 'incomplete' : undefined;
  const match = REQUEST_LINE.exec(bytes.toString('latin1', 0, end));
  if (match === null) return undefined;
  return match[1] === '1' ? 'http/1.1' : 'http/1.0';
}

function couldBeRequestLine(bytes: Buffer): boolean {
  return bytes.length < MAX_REQUEST_LINE_BYTES && METHOD_START.test(bytes.toString('latin1'));
}
