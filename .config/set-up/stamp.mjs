import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Stores in node_modules from which sources something was built. It uses hashes of the content, because a checkout
 * changes the timestamps.
 */
export class Stamp {
  #file;

  constructor(root, name) {
    this.#file = join(root, 'node_modules', name);
  }

  /** A hash of these words and files. Files are paths from the root. */
  static of(root, { words = [], files }) {
    const hash = createHash('sha256').update(`${words.join(' ')}\n`);
    for (const file of files.filter((one) => existsSync(join(root, one)))) {
      hash.update(`${file}\n`).update(readFileSync(join(root, file)));
    }
    return hash.digest('hex');
  }

  get line() {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
  }

  set line(line) {
    writeFileSync(this.#file, line);
  }
}
