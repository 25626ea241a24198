// As much of ZMTP 3.0 (rfc.zeromq.org/spec/23) as a DEALER needs, so that a test decides about every byte that a broker gets.
import net from 'node:net';

export const greeting = Buffer.concat([Buffer.from('ff00000000000000007f0300', 'hex'), Buffer.from('NULL'.padEnd(20, '\0')), Buffer.alloc(32)]);

/** A frame; flags: 1 = more follow, 4 = a command. */
export function frame(body, flags) {
  if (body.length < 256) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  const head = Buffer.alloc(9);
  head[0] = flags | 2;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

export const message = (frames) => Buffer.concat(frames.map((body, i) => frame(body, i < frames.length - 1 ? 1 : 0)));

function property(name, value) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, Buffer.from(value)]);
}

export const ready = (identity) => frame(Buffer.concat([Buffer.from('\x05READY'), property('Socket-Type', 'DEALER'), property('Identity', identity)]), 4);

/** A connection that has said who it is. */
export class Dealer {
  messages = [];
  closed = false;
  #bytes = Buffer.alloc(0);
  #greeted = false;
  #frames = [];
  #waiting = []; // until the other side has said READY; what comes before that ends the connection
  #wake = () => {};

  constructor(path, identity) {
    this.socket = net.connect({ path });
    this.socket.on('error', () => {}); // 'close' follows
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    this.socket.on('data', (data) => this.#take(data));
    this.socket.write(Buffer.concat([greeting, ready(identity)]));
  }

  #take(data) {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    if (!this.#greeted && this.#bytes.length >= greeting.length) {
      this.#greeted = true;
      this.#bytes = this.#bytes.subarray(greeting.length);
    }
    while (this.#greeted && this.#takeFrame());
    this.#wake();
  }

  #takeFrame() {
    const [flags] = this.#bytes, long = flags & 2, head = long ? 9 : 2;
    if (this.#bytes.length < head) return false;
    const size = long ? Number(this.#bytes.readBigUInt64BE(1)) : this.#bytes[1];
    if (this.#bytes.length < head + size) return false;
    const body = this.#bytes.subarray(head, head + size);
    this.#bytes = this.#bytes.subarray(head + size);
    if (flags & 4) {
      for (const frames of this.#waiting ?? []) this.socket.write(message(frames));
      this.#waiting = undefined;
      return true;
    }
    this.#frames.push(body);
    if (flags & 1) return true;
    this.messages.push(this.#frames);
    this.#frames = [];
    return true;
  }

  send(frames) {
    if (this.#waiting) this.#waiting.push(frames);
    else if (!this.closed) this.socket.write(message(frames));
  }

  /** The first message for which `look` is true; undefined: the connection has ended, or `ms` are over. */
  async receive(look, ms = 20_000) {
    const end = performance.now() + ms;
    for (;;) {
      const at = this.messages.findIndex(look);
      if (at >= 0) return this.messages.splice(0, at + 1).at(-1);
      this.messages.length = 0;
      if (this.closed || performance.now() > end) return undefined;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, end - performance.now()));
        this.#wake = () => (clearTimeout(timer), resolve());
      });
    }
  }

  close() {
    this.socket.destroy();
  }
}
