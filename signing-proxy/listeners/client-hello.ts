const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
const MAX_RECORD_BYTES = 16_384 + 256;
/** Envoy's `TLS_MAX_CLIENT_HELLO`; a longer one counts as not TLS. */
const MAX_CLIENT_HELLO_BYTES = 64 * 1024;
const SERVER_NAME_EXTENSION = 0;
const ALPN_EXTENSION = 16;
const HOST_NAME = 0;

/** What a ClientHello says before any certificate is chosen. */
export interface ClientHello {
  /** Lower-cased, as Envoy compares it. */
  readonly serverName: string | undefined;
  /** In the client's order of preference. */
  readonly applicationProtocols: readonly string[];
}

/**
 * Reads a ClientHello from the first bytes of a connection (RFC 8446 4.1.2, RFC 6066 3, RFC 7301 3.1).
 *
 * Never throws: returns `incomplete` while more bytes could make it one, and `not-tls` once none can.
 */
export function parseClientHello(bytes: Buffer): ClientHello | 'incomplete' | 'not-tls' {
  const message = joinHandshakeRecords(bytes);
  if (typeof message === 'string') return message;
  const reader = new ByteReader(message);
  reader.skip(4 + 2 + 32);
  reader.skip(reader.uint8());
  reader.skip(reader.uint16());
  reader.skip(reader.uint8());
  // A hello without extensions is complete here (TLS 1.0).
  const extensions = reader.isAtEnd() ? new ByteReader(Buffer.alloc(0)) : reader.take(reader.uint16());
  const hello = readExtensions(extensions);
  return reader.hasFailed || extensions.hasFailed || hello === undefined ? 'not-tls' : hello;
}

/** The handshake message, taken out of however many records the client cut it into. */
function joinHandshakeRecords(bytes: Buffer): Buffer | 'incomplete' | 'not-tls' {
  const parts: Buffer[] = [];
  let length = 0;
  let wanted = Infinity;
  for (let offset = 0; length < wanted;) {
    if (!startsRecord(bytes, offset)) return 'not-tls';
    if (offset + RECORD_HEADER_BYTES > bytes.length) return 'incomplete';
    const size = bytes.readUInt16BE(offset + 3);
    if (size === 0 || size > MAX_RECORD_BYTES) return 'not-tls';
    const part = bytes.subarray(offset + RECORD_HEADER_BYTES, offset + RECORD_HEADER_BYTES + size);
    parts.push(part);
    length += part.length;
    offset += RECORD_HEADER_BYTES + size;
    const start = Buffer.concat(parts);
    if (start.length > 0 && start[0] !== CLIENT_HELLO) return 'not-tls';
    if (start.length >= 4) wanted = 4 + start.readUIntBE(1, 3);
    if (wanted !== Infinity && wanted > MAX_CLIENT_HELLO_BYTES) return 'not-tls';
    if (part.length < size && length < wanted) return 'incomplete';
  }
  return Buffer.concat(parts).subarray(0, wanted);
}

/** Whether the bytes there, few as they may be, can be the start of a handshake record. */
function startsRecord(bytes: Buffer, offset: number): boolean {
  const type = bytes[offset];
  const major = bytes[offset + 1];
  return (type === undefined || type === HANDSHAKE_RECORD) && (major === undefined || major === 3);
}

function readExtensions(extensions: ByteReader): ClientHello | undefined {
  let serverName: string | undefined;
  let applicationProtocols: readonly string[] = [];
  while (!extensions.isAtEnd()) {
    const type = extensions.uint16();
    const body = extensions.take(extensions.uint16());
    if (type === SERVER_NAME_EXTENSION) serverName = readServerName(body);
    if (type === ALPN_EXTENSION) applicationProtocols = readProtocols(body);
    if (body.hasFailed || extensions.hasFailed) return undefined;
  }
  return { serverName, applicationProtocols };
}

function readServerName(body: ByteReader): string | undefined {
  const names = body.take(body.uint16());
  while (!names.isAtEnd()) {
    const type = names.uint8();
    const name = names.text(names.uint16());
    if (type === HOST_NAME) return name.toLowerCase();
  }
  return undefined;
}

function readProtocols(body: ByteReader): string[] {
  const list = body.take(body.uint16());
  const protocols: string[] = [];
  while (!list.isAtEnd()) protocols.push(list.text(list.uint8()));
  if (list.hasFailed) body.fail();
  return protocols;
}

/** Reads forward; past the end it yields zeros and remembers the failure. */
class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;
  hasFailed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.hasFailed || this.#offset >= this.#bytes.length;
  }

  fail(): void {
    this.hasFailed = true;
  }

  skip(length: number): void {
    this.#cut(length);
  }

  uint8(): number {
    return this.#cut(1)[0] ?? 0;
  }

  uint16(): number {
    const bytes = this.#cut(2);
    return bytes.length < 2 ? 0 : bytes.readUInt16BE();
  }

  text(length: number): string {
    return this.#cut(length).toString('latin1');
  }

  take(length: number): ByteReader {
    const part = new ByteReader(this.#cut(length));
    part.hasFailed = this.hasFailed;
    return part;
  }

  #cut(length: number): Buffer {
    if (this.#offset + length > this.#bytes.length) this.hasFailed = true;
    if (this.hasFailed) return Buffer.alloc(0);
    const part = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return part;
  }
}
