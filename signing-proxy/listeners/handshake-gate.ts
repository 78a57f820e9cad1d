import { Duplex } from 'node:stream';
import { createEncryptedAlert, createPlainAlert } from './tls-alert.ts';

/**
 * Stands between a connection and Node's TLS until somebody has decided about the caller's certificate.
 *
 * Node finishes every handshake and can only break the connection afterwards; a TLS library that refuses within the
 * handshake sends an alert, and callers report what it says. So the last bytes of the handshake are kept back: they are
 * sent on when the caller is admitted, and give way to the alert when it is not.
 */
export class HandshakeGate extends Duplex {
  readonly #connection: Duplex;
  #held: Buffer[] | undefined;
  /** Of a TLS 1.3 handshake: the secret of what the server sends after it. */
  #trafficSecret: Buffer | undefined;
  #isOpen = false;

  constructor(connection: Duplex) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    connection.on('data', (chunk: Buffer) => {
      // After the secret was made the server has sent its part; what follows waits for the caller's.
      if (this.#trafficSecret !== undefined) this.#hold();
      if (!this.push(chunk)) connection.pause();
    });
    connection.on('end', () => this.push(null));
    connection.on('error', (error) => this.destroy(error));
    connection.on('close', () => this.destroy());
    connection.pause();
  }

  /** Takes a line of the TLS library's key log. */
  noteKey(line: string): void {
    const [label, , secret = ''] = line.trim().split(' ');
    if (label === 'SERVER_TRAFFIC_SECRET_0') this.#trafficSecret = Buffer.from(secret, 'hex');
    // Before TLS 1.3 the keys are made of the caller's last flight, and only the server's end of handshake is left.
    if (label === 'CLIENT_RANDOM') this.#hold();
  }

  /** Sends on what was kept back, and everything from now on. */
  open(): void {
    this.#isOpen = true;
    this.#trafficSecret = undefined;
    for (const chunk of this.#held ?? []) this.#connection.write(chunk);
    this.#held = undefined;
  }

  /** Ends the connection with an alert in place of what was kept back. */
  refuse(alert: number, cipherSuite: string): void {
    const secret = this.#trafficSecret;
    const bytes = secret === undefined ? createPlainAlert(alert) : createEncryptedAlert(alert, { secret, cipherSuite });
    this.#isOpen = true;
    this.#held = [];
    const connection = this.#connection;
    connection.end(bytes, () => connection.destroy());
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#held === undefined) return void this.#connection.write(chunk, done);
    this.#held.push(chunk);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#connection.writableEnded) this.#connection.destroy();
    done(error);
  }

  #hold(): void {
    if (!this.#isOpen) this.#held ??= [];
  }
}
