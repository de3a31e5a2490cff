import type { Contender } from '../harness/row.js';
import { LANES } from './lanes.js';
import { Worker } from './worker.js';

/** A server that takes turns with others under the same load. */
export interface ServerOnTrial {
  readonly name: string;
  readonly how: string;
  /** As `serve` knows it. */
  readonly server: string;
  readonly protocol: 'rest' | 'grpc' | 'grpc-web';
}

/** Under what it is tried: who asks it, and how many requests each lane makes. */
export interface Trial {
  readonly load: Worker;
  readonly count: number;
}

/** A contender whose process lives until it is ended. */
export interface ServerContender extends Contender {
  readonly end: () => void;
}

/**
 * How many requests a server answers in a second of its processor time: on a machine with nothing else to do that is the
 * rate at which it answers, and on one with other work the other work is not counted. A turn fails when not every command
 * was recorded.
 */
export function contenderOf({ name, how, server, protocol }: ServerOnTrial, { load, count }: Trial): ServerContender {
  const worker = new Worker('serve', [server]);
  return {
    name,
    how,
    async measure() {
      const { port = 0 } = await worker.ask({ kind: 'open' });
      await load.ask({ protocol, port, count });
      const { processorMs, written } = await worker.ask({ kind: 'close' });
      if (written !== undefined && written !== LANES * count) {
        throw new Error(`${LANES * count} commands were sent, ${written} recorded`);
      }
      return (LANES * count * 1000) / Number(processorMs);
    },
    end: () => worker.end(),
  };
}
