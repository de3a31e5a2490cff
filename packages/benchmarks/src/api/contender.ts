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
 * The rate at which a server answers. A turn fails when not every command was recorded, or when the clients took more of
 * the processor than the server: then it is they who were measured.
 */
export function contenderOf({ name, how, server, protocol }: ServerOnTrial, { load, count }: Trial): ServerContender {
  const worker = new Worker('serve', [server]);
  return {
    name,
    how,
    async measure() {
      const { port = 0 } = await worker.ask({ kind: 'open' });
      const asked = await load.ask({ protocol, port, count });
      const { processorMs, written } = await worker.ask({ kind: 'close' });
      if (written !== undefined && written !== LANES * count) {
        throw new Error(`${LANES * count} commands were sent, ${written} recorded`);
      }
      if (Number(asked['processorMs']) > Number(processorMs))
        throw new Error('the clients were busier than the server');
      return (LANES * count * 1000) / Number(asked['ms']);
    },
    end: () => worker.end(),
  };
}
