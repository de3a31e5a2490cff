import { gzipSync } from 'node:zlib';
import { randomFrom } from '../proof.js';

/** The random choices of one round, the same for the same seed. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  /** A whole number from 0 up to a limit, exclusive. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** True with a probability of one in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** @throws RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  }

  /** Some items of a list, each equally likely. */
  some<Item>(items: readonly Item[], most: number): readonly Item[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(items));
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Splits bytes at a few places. */
  split(bytes: Buffer, most: number): readonly Buffer[] {
    const splits = Array.from({ length: this.below(most + 1) }, () => this.below(bytes.length + 1));
    const ends = [...splits.sort((one, other) => one - other), bytes.length];
    return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  }
}

/** Twenty megabytes of zeros, compressed to twenty kilobytes. */
export const BOMB: Buffer = gzipSync(Buffer.alloc(20_000_000));

type Damage = (bytes: Buffer, chance: Chance) => Buffer;

const flip: Damage = (bytes, chance) => {
  const flipped = Buffer.from(bytes);
  for (let count = 1 + chance.below(4); count > 0 && flipped.length > 0; count--) {
    const index = chance.below(flipped.length);
    flipped.writeUInt8(flipped.readUInt8(index) ^ (1 << chance.below(8)), index);
  }
  return flipped;
};

/** Ways to damage bytes. Most damage is small, because completely wrong bytes are refused at once. */
const DAMAGES: readonly Damage[] = [
  flip,
  flip,
  flip,
  (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1)),
  (bytes, chance) => bytes.subarray(chance.below(bytes.length + 1)),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes, chance) => {
    const index = chance.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, index), chance.bytes(1 + chance.below(9)), bytes.subarray(index)]);
  },
  (bytes, chance) => {
    const [from, to] = [chance.below(bytes.length + 1), chance.below(bytes.length + 1)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
];

/** The same bytes with some damage. */
export function damaged(bytes: Buffer, chance: Chance): Buffer {
  return chance.pick(DAMAGES)(bytes, chance);
}
