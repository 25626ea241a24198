// A wire between a process and a broker that can be cut, and that can lose what one side says before it is cut: so an
// acknowledgement, a reply or a result is lost although everybody lives.
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
    const pair = { end: () => [near, far].forEach((socket) => socket.destroy()), spoilt: false };
    this.pairs.add(pair);
    const pass = (from, to, direction) => {
      let spoilt = false; // what was lost leaves the rest without sense: nothing more until it is cut
      from.on('data', (bytes) => {
        if (this.deaf[direction]) spoilt = pair.spoilt = true;
        if (!spoilt && !to.write(bytes)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('close', () => (pair.end(), this.pairs.delete(pair)));
      from.on('error', () => {});
    };
    pass(near, far, 'toBroker');
    pass(far, near, 'fromBroker');
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
