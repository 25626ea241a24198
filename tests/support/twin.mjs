// How fast a system is, beside one like it that nothing has happened to. A shared machine is faster in one minute than in the
// next, by more than what is asked for here; of two that take turns on it both meet the same minutes.
import { loadWorld } from './declarations.mjs';
import { Client, Load, undecided } from './record.mjs';
import { startSystem, until } from './system.mjs';

const fewest = 3, most = 30; // turns of each
const turnMs = 3000;

/** A second system, of the same options and the same world as the one that things happen to. */
export class Twin {
  static async begin(options, world) {
    const twin = new Twin();
    twin.system = await startSystem(options);
    twin.client = new Client(twin.system);
    twin.people = (await loadWorld(twin.system, world)).people;
    return twin;
  }

  /**
   * Decided per second: { ours, twins }. The client's system and the twin are under the same load in turn, alone; of each the
   * best turn counts, and they go on, at most thirty times, until ours is `enough` of the twin's: what is broken slows every
   * turn, another job of the machine a few. Of ours so many are `held`: they stay undecided.
   */
  async beside(client, people, { connections, enough, held = 0 }) {
    const best = { ours: 0, twins: 0 };
    const turns = [['ours', client, people], ['twins', this.client, this.people]];
    for (let turn = 0; turn < most && (turn < fewest || best.ours < enough * best.twins); turn++) {
      for (const [side, of, whom] of turns) best[side] = Math.max(best[side], await this.#turn(of, whom, connections, held));
      turns.reverse();
    }
    return best;
  }

  async #turn(client, people, connections, held) {
    const load = new Load(client, people, connections);
    await load.more(10 * connections); // until it goes at its pace
    const rate = await load.meanRate();
    await new Promise((resolve) => setTimeout(resolve, turnMs));
    const given = await rate();
    await load.end();
    await until('a turn has no end', async () => (await undecided(client.system.db)) <= held, 60_000); // the next one has the machine alone
    return given;
  }

  stop() {
    return this.system.stop();
  }
}
