import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Instance } from '../accounts/instances.js';
import { digestOf } from '../accounts/machine-tokens.js';
import type { User } from './iam-facts.js';
import { oneAtATime } from './one-at-a-time.js';
import { readPrivately, writePrivately } from './private-file.js';

/** Of the secrets of `iam.json`: when those are made anew, what is kept of its users counts no more. */
interface OfAGeneration {
  readonly generation: string;
}

/** A private file per user, in a folder of the data folder. */
export class UserFiles<Kept extends OfAGeneration> {
  readonly #folder: string;
  readonly #schema: z.ZodType<Kept>;

  constructor(dataFolder: string, name: string, schema: z.ZodType<Kept>) {
    this.#folder = join(dataFolder, name);
    this.#schema = schema;
  }

  /**
   * What is kept of a user; `undefined` when there is nothing, or only of an earlier generation.
   *
   * @throws when the file is damaged: taken for none, it would let its user in by less than they set up.
   */
  async read(instance: Instance, user: User): Promise<Kept | undefined> {
    const text = await readPrivately(this.#fileOf(instance, user));
    if (text === undefined) return undefined;
    const kept = this.#schema.parse(JSON.parse(text));
    return kept.generation === instance.generation ? kept : undefined;
  }

  /** Changes what is kept of a user, while no other process does; `undefined` and what was there before leave the file as it is. */
  async change<Changed extends Kept | undefined>(
    instance: Instance,
    user: User,
    change: (kept: Kept | undefined) => Changed,
  ): Promise<Changed> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#fileOf(instance, user);
    return oneAtATime(`${file}.lock`, async () => {
      const before = await this.read(instance, user);
      const after = change(before);
      if (after !== undefined && after !== before) await writePrivately(file, JSON.stringify(after));
      return after;
    });
  }

  #fileOf(instance: Instance, user: User): string {
    return join(this.#folder, `${handleOf(instance, user)}.json`);
  }
}

/** A name of a user that says nothing of them: the same in each process, and another one for each user of each instance. */
export function handleOf(instance: Instance, user: User): string {
  return digestOf(JSON.stringify([instance.id, user.id]));
}
