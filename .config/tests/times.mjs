import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const perFile = 0.3;
const perProcess = 0.6;

/**
 * How long each file of tests takes: as it took here the last time, or else as `seconds.json` says of the machine that the pace
 * is measured against; of files that neither knows, a guess. Only for what is said at the beginning, and for what is begun first.
 */
export class Times {
  #path;
  #remembered;
  #reference;

  constructor(path) {
    this.#path = path;
    this.#remembered = readJson(path);
    this.#reference = readJson(fileURLToPath(new URL('./seconds.json', import.meta.url)));
  }

  of(file) {
    return this.#remembered[file] ?? this.#reference[file] ?? perFile;
  }

  /** The seconds from the first test to the last, with so many jobs at once. */
  estimate(jobs, lanes) {
    const work = jobs.reduce((sum, { seconds }) => sum + seconds + perProcess, 0);
    return Math.max(work / lanes, ...jobs.map(({ seconds }) => seconds));
  }

  /** Remembers how long files took, in the seconds of a quiet machine: that is this one by its pace. */
  keep(seconds, pace) {
    const taken = [...seconds].map(([file, long]) => [file, Math.round((long / pace) * 100) / 100]);
    const all = { ...this.#remembered, ...Object.fromEntries(taken) };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(all, undefined, 1));
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
