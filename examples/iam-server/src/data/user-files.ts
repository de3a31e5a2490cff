import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Instance } from '../accounts/instances.js';
import { digestOf } from '../accounts/machine-tokens.js';
import type { User } from './iam-facts.js';
import { oneAtATime } from './one-at-a-time.js';
import { readPrivately, writePrivately } from './private-file.js';

/** The generation of the secrets in `iam.json`. Data of an earlier generation is invalid. */
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
   * The stored data of a user; `undefined` without any, or of an earlier generation.
   *
   * @throws when the file is damaged: treating it as missing would let its user in with fewer factors.
   */
  async read(instance: Instance, user: User): Promise<Kept | undefined> {
    const text = await readPrivately(this.#fileOf(instance, user));
    if (text === undefined) return undefined;
    const kept = this.#schema.parse(JSON.parse(text));
    return kept.generation === instance.generation ? kept : undefined;
  }

  /** Changes the stored data of a user, under a lock. `undefined`, or the unchanged value, leaves the file as it is. */
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

/**
 * A file name that reveals nothing about the user: unique for each user and instance, and the same in every process.
 */
export function handleOf(instance: Instance, user: User): string {
  return digestOf(JSON.stringify([instance.id, user.id]));
}
