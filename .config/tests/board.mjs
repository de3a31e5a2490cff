const stillAliveEveryMs = 15_000;
const slowestShown = 5;
const slowMs = 1000;

/** What a person sees of a run: how long it will take, a line for each package when it is done, what failed, and the count at the end. */
export class Board {
  #packages = new Map();
  #running = new Map();
  #seconds = new Map();
  #slow = [];
  #said = new Set();
  #again = 0;
  #broken = 0;
  #began = performance.now();
  #alive;

  constructor({ jobs, lanes, seconds }) {
    for (const { name } of jobs) {
      const one = this.#packages.get(name) ?? { name, passed: 0, failed: 0, jobsLeft: 0, began: undefined };
      this.#packages.set(name, { ...one, jobsLeft: one.jobsLeft + 1 });
    }
    const files = jobs.reduce((sum, job) => sum + job.files.length, 0);
    const what = `${files} files of ${this.#packages.size} ${this.#packages.size === 1 ? 'package' : 'packages'}`;
    say(`Testing ${what}, ${lanes} at a time: about ${spoken(seconds)}.`);
    this.#alive = setInterval(() => this.#sayWhatRuns(), stillAliveEveryMs);
  }

  hear(job, message) {
    const one = this.#packages.get(job.name);
    one.began ??= performance.now();
    if (message.kind === 'begin') this.#running.set(job, message.title);
    if (message.kind === 'pass') one.passed += 1;
    if (message.kind === 'fail') one.failed += 1;
    if (message.kind === 'fail') say(`  FAILED  ${job.name}: ${message.title}`);
    if (message.kind === 'again') this.#again += 1;
    if (message.kind === 'again') say(`  AGAIN   ${job.name}: ${message.title}: ${message.why}`);
    if (message.kind === 'file') this.#seconds.set(message.file, message.ms / 1000);
    if (message.kind === 'pass' && message.ms >= slowMs) this.#slow.push({ ...message, name: job.name });
  }

  end(job, { said, isBroken }) {
    const one = this.#packages.get(job.name);
    this.#running.delete(job);
    if (isBroken) this.#broken += 1;
    if (said.trim() !== '') this.#said.add(said.trim());
    one.jobsLeft -= 1;
    if (one.jobsLeft === 0) say(lineOf(one));
  }

  /** Seconds of each file, as far as they are known. */
  secondsByFile() {
    return this.#seconds;
  }

  /** Says all that failed, and the count as the very last line; answers with the exit code. */
  conclude() {
    clearInterval(this.#alive);
    const slowest = this.#slow.toSorted((a, b) => b.ms - a.ms).slice(0, slowestShown);
    if (slowest.length > 0) say('\nSlowest tests:');
    for (const { ms, name, title } of slowest) say(`  ${inColumn(ms)}  ${name}: ${title}`);
    for (const said of this.#said) say(`\n${said}`);
    const all = [...this.#packages.values()];
    const passed = all.reduce((sum, one) => sum + one.passed, 0);
    const failed = all.reduce((sum, one) => sum + one.failed, 0) + this.#broken;
    say(`\nIn ${spoken((performance.now() - this.#began) / 1000)}:`);
    if (this.#again > 0) say(`${this.#again} tried twice, see AGAIN above`);
    say(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 ? 0 : 1;
  }

  #sayWhatRuns() {
    const left = [...this.#packages.values()].filter(({ jobsLeft }) => jobsLeft > 0).length;
    const now = [...this.#running].map(([job, title]) => `${job.name}: ${title}`);
    say(`  … ${spoken((performance.now() - this.#began) / 1000)}, ${left} packages to go; ${now.join('; ')}`);
  }
}

function lineOf({ name, passed, failed, began }) {
  const verdict = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} FAILED`;
  return `${name.padEnd(22)} ${verdict.padEnd(24)} ${inColumn(performance.now() - (began ?? performance.now()))}`;
}

function inColumn(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(8);
}

function spoken(count) {
  const whole = Math.max(1, Math.round(count));
  return whole < 100 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
