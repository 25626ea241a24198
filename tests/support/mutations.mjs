// Bytes that nobody would send, made of bytes that somebody does. All of it follows from a seed.

/** mulberry32: small, seeded, the same everywhere. */
export function random(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const bytes = (n) => Buffer.from(Array.from({ length: n }, () => below(256)));
  return { below, bytes, chance: (p) => next() < p, pick: (list) => list[below(list.length)] };
}

export const numbers = ['0', '-1', '+1', '00', '4294967295', '4294967296', '2147483648', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '9'.repeat(23), '9'.repeat(400), '1e9', '0x10', '7fffffffffffffff', 'ffffffffffffffff'];

/** Bytes with one to three things done to them. others: what parts are taken from; spice: texts that mean something there. */
export function mutate(dice, bytes, others, spice) {
  for (let times = dice.below(3); times >= 0; times--) {
    const at = dice.below(bytes.length + 1), size = 1 + dice.below(20), head = bytes.subarray(0, at), tail = bytes.subarray(at);
    switch (dice.below(9)) {
      case 0: bytes = flipped(dice, bytes); break;
      case 1: bytes = Buffer.concat([head, Buffer.from(dice.pick(spice), 'latin1'), tail]); break;
      case 2: bytes = Buffer.concat([head, tail.subarray(size)]); break;
      case 3: bytes = Buffer.concat([head, tail.subarray(0, size), tail]); break;
      case 4: bytes = dice.chance(0.3) ? head : bytes; break;
      case 5: bytes = Buffer.concat([head, dice.bytes(size), tail]); break;
      case 6: bytes = Buffer.concat([head, Buffer.from([0]), tail]); break;
      case 7: {
        const other = dice.pick(others), from = dice.below(other.length + 1);
        bytes = Buffer.concat([head, other.subarray(from, from + dice.below(200)), tail]);
        break;
      }
      default: bytes = renumbered(dice, bytes);
    }
  }
  return bytes;
}

function flipped(dice, bytes) {
  const copy = Buffer.from(bytes);
  for (let i = dice.below(8); i >= 0 && copy.length > 0; i--) copy[dice.below(copy.length)] ^= 1 << dice.below(8);
  return copy;
}

/** One number of the text becomes another one. */
function renumbered(dice, bytes) {
  const text = bytes.toString('latin1'), found = [...text.matchAll(/\d+/g)];
  if (found.length === 0) return bytes;
  const { index, 0: digits } = dice.pick(found);
  return Buffer.from(text.slice(0, index) + dice.pick(numbers) + text.slice(index + digits.length), 'latin1');
}
