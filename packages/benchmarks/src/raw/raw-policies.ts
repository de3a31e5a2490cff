import { setImmediate as nextTurn } from 'node:timers/promises';
import { DEFAULT_STREAM, stepAt, streamOf, type Job } from '../workload/course.js';
import { decidePlain, emptyPolicy, fold, type PlainPolicy } from '../workload/plain-policy.js';
import type { Decision, OnEvent, RawDriver } from './raw-driver.js';

/** The commands and reads of login policies by hand: the state of each policy is cached, as in ours. */
export class RawPolicies {
  readonly #driver: RawDriver;
  readonly #states = new Map<string, PlainPolicy>();

  constructor(driver: RawDriver) {
    this.#driver = driver;
  }

  /** Decides by the state, appends at the expected revision, and updates the row, in one transaction for all. */
  async runCommands(jobs: readonly Job[]): Promise<void> {
    const decided: Decision[] = [];
    for (const job of jobs) {
      const stream = streamOf(job.policy);
      decided.push(this.#decide(job, this.#states.get(stream) ?? (await this.#load(stream))));
    }
    await this.#driver.write(decided);
  }

  /** The effective policy of an organization: its own, otherwise the instance's default. */
  async effective(number: number): Promise<PlainPolicy> {
    const [byDefault, custom] = await this.#driver.read([DEFAULT_STREAM, streamOf(number)]);
    const found = custom ?? byDefault;
    if (found === undefined) throw new Error('policy-not-found');
    return found;
  }

  /** The same decisions without a write, for a store that then only inserts. */
  decideAll(jobs: readonly Job[]): readonly Decision[] {
    return jobs.map((job) => this.#decide(job, this.#states.get(streamOf(job.policy)) ?? this.#startEmpty(job)));
  }

  async #load(stream: string): Promise<PlainPolicy> {
    const [policy = emptyPolicy()] = await this.#driver.read([stream]);
    this.#states.set(stream, policy);
    return policy;
  }

  #startEmpty({ policy }: Job): PlainPolicy {
    const empty = emptyPolicy();
    this.#states.set(streamOf(policy), empty);
    return empty;
  }

  #decide({ policy: number, step }: Job, policy: PlainPolicy): Decision {
    const { sequence: revision } = policy;
    const events = decidePlain(stepAt(step).plain, policy);
    for (const event of events) fold(policy, event, Date.now());
    return { stream: streamOf(number), revision, events, policy };
  }
}

/** Rebuilds all rows: a scan, a fold in place, and one write of each row at the end. */
export async function rebuild(driver: RawDriver): Promise<void> {
  const states = new Map<string, PlainPolicy>();
  const each: OnEvent = (stream, event, at) => fold(stateIn(states, stream), event, at);
  let position = 0;
  for (let end = await driver.page(0, each); end !== undefined; end = await driver.page(end, each)) position = end;
  await driver.storeRows([...states], position);
}

/** Catches rows up, one page per transaction, and yields in between. */
export async function catchUp(driver: RawDriver): Promise<void> {
  const states = new Map<string, PlainPolicy>();
  const touched = new Map<string, PlainPolicy>();
  const each: OnEvent = (stream, event, at) => {
    touched.set(stream, fold(stateIn(states, stream), event, at));
  };
  for (let end = await driver.page(0, each); end !== undefined; end = await driver.page(end, each)) {
    await driver.storeRows([...touched], end);
    touched.clear();
    await nextTurn();
  }
}

function stateIn(states: Map<string, PlainPolicy>, stream: string): PlainPolicy {
  let policy = states.get(stream);
  if (policy === undefined) states.set(stream, (policy = emptyPolicy()));
  return policy;
}
