// A wire between a process and a broker that can be cut, and that can lose what one side says before it is cut: so an
// acknowledgement, a reply or a result is lost although everybody lives. Also between a worker and PostgreSQL.
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

export class Wire {
  pairs = new Set();
  deaf = { toBroker: false, fromBroker: false };

  constructor(path, broker) {
    this.server = createServer((near) => this.join(near, connect(broker)));
    rmSync(path, { force: true });
    this.server.listen(path);
  }

  join(near, far) {
    const pair = { end: () => [near, far].forEach((socket) => socket.destroySoon()), spoilt: false };
    this.pairs.add(pair);
    const pass = (from, to, direction) => {
      let spoilt = false; // what was lost leaves the rest without sense: nothing more until it is cut
      from.on('data', (bytes) => {
        if (this.deaf[direction]) spoilt = pair.spoilt = true;
        if (direction === 'fromBroker' && this.isCutBy(bytes, to)) return pair.end();
        if (direction === 'toBroker' && this.isLate(pair, bytes, from, to)) return;
        if (!spoilt && !to.write(bytes)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('close', () => {
        if (pair.late) return; // the far side has yet to hear what is late
        pair.end();
        this.pairs.delete(pair);
      });
      from.on('error', () => {});
    };
    pass(near, far, 'toBroker');
    pass(far, near, 'fromBroker');
  }

  /** Cuts the connection on which the far side says `text`, so many times: with it, or, where there are last words, behind it
   *  and them. */
  cutAt(text, { lastWords, times }) {
    this.scissors = { text, lastWords, times };
    this.cuts = 0;
  }

  isCutBy(bytes, to) {
    const { text, lastWords, times } = this.scissors ?? {};
    const at = this.cuts < times ? bytes.indexOf(text) : -1;
    if (at < 0) return false;
    if (lastWords) to.write(Buffer.concat([bytes.subarray(0, at + text.length), lastWords]));
    return ++this.cuts > 0;
  }

  /** From `text` on, whoever says it, `most` at most, nothing passes until `deliver`; then all of it arrives, though the near
   *  side may long have gone: what a network does, or a process that is stopped in mid-sentence. */
  delayFrom(text, { most = Infinity } = {}) {
    this.delayed = { text, most, late: [] };
  }

  get late() {
    return this.delayed?.late.length ?? 0;
  }

  isLate(pair, bytes, from, to) {
    if (!this.delayed) return false;
    if (!pair.late && (this.delayed.most === 0 || !bytes.includes(this.delayed.text))) return false;
    if (!pair.late) this.delayed.most--;
    pair.late = true;
    this.delayed.late.push({ pair, bytes, from, to });
    return true;
  }

  deliver() {
    const { late } = this.delayed;
    this.delayed = undefined;
    for (const { bytes, to } of late) to.write(bytes);
    for (const { pair, from, to } of late) {
      pair.late = false;
      if (from.destroyed) to.end();
    }
  }

  cut() {
    for (const pair of this.pairs) pair.end();
  }

  /** Loses what is said in this direction ('toBroker', 'fromBroker') until `mend` cuts what has lost something. */
  lose(direction) {
    this.deaf[direction] = true;
  }

  mend() {
    this.deaf = { toBroker: false, fromBroker: false };
    for (const pair of this.pairs) if (pair.spoilt) pair.end();
  }

  close() {
    this.cut();
    this.server.close();
  }
}
