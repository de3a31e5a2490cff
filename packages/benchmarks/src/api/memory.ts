import type { Contender, Row } from '../harness/row.js';
import { atMost } from '../harness/targets.js';
import { Worker } from './worker.js';

/** The steps by name: the first is what the last is compared with. */
const NAMES = ['raw', 'ours, after 100,000', 'ours, after 150,000', 'ours'] as const;
/** 64 lanes of 784 are 50,176. */
const PER_LANE = 784;

/** Reads and refusals of every protocol, on and on: nothing is written, so nothing may stay. */
export const apiMemory: Row = {
  name: 'api-memory',
  work: 'heap in use after 200,000 reads and refusals against 50,000: half over gRPC, half over REST, gRPC-Web and Connect, on connections that are opened anew every 50,000',
  unit: 'MB after a collection, less is better',
  warmUps: 0,
  contenders: async ({ isQuick }) => {
    const driven = new DrivenServer(isQuick ? 80 : PER_LANE);
    return NAMES.map((name, step): Contender => {
      const how = step === 0 ? 'a fresh process, after 50,000 requests' : 'after 50,000 more';
      return { name, how, measure: () => driven.heapAfterMore(step === 0 ? 'a fresh one' : 'the same') };
    });
  },
  judge: (medians) => [atMost({ of: 'ours', against: 'raw', times: 1.02 }, medians)],
};

/** A server that is asked for more and more. */
class DrivenServer {
  readonly #clients = new Worker('load');
  readonly #perLane: number;
  #server: Worker | undefined;
  #port = 0;

  constructor(perLane: number) {
    this.#perLane = perLane;
  }

  async heapAfterMore(which: 'a fresh one' | 'the same'): Promise<number> {
    const server = which === 'the same' && this.#server !== undefined ? this.#server : await this.#fresh();
    await this.#clients.ask({ load: 'mixed', port: this.#port, count: this.#perLane });
    const { heapMegabytes } = await server.ask({ kind: 'heap' });
    return Number(heapMegabytes);
  }

  async #fresh(): Promise<Worker> {
    this.#server?.end();
    const server = new Worker('serve', ['ours']);
    this.#server = server;
    this.#port = Number((await server.ask({ kind: 'open' }))['port']);
    return server;
  }
}
