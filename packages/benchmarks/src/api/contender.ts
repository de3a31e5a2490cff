import type { Contender, Setting } from '../harness/row.js';
import { LANES } from './lanes.js';
import { Worker } from './worker.js';

/** A server that takes turns with others under the same load. */
export interface ServerOnTrial {
  readonly name: string;
  readonly how: string;
  /** As `serve` knows it. */
  readonly server: string;
}

/** How many requests each lane makes in a turn. */
function countIn({ isQuick }: Setting): number {
  return isQuick ? 50 : 500;
}

/**
 * How many requests a server answers in a second of its processor time: on a machine with nothing else to do that is the
 * rate at which it answers, and on one with other work the other work is not counted. A turn fails when not every command
 * was recorded.
 */
export function contendersUnder(
  load: string,
  servers: readonly ServerOnTrial[],
): (setting: Setting) => Promise<readonly Contender[]> {
  return async (setting) => {
    const clients = new Worker('load');
    const count = countIn(setting);
    return servers.map(({ name, how, server }) => {
      const worker = new Worker('serve', [server]);
      return { name, how, measure: () => rateOf(worker, clients, { load, count }) };
    });
  };
}

async function rateOf(
  server: Worker,
  clients: Worker,
  { count, load }: { readonly count: number; readonly load: string },
): Promise<number> {
  const { port = 0 } = await server.ask({ kind: 'open' });
  await clients.ask({ load, port, count });
  const { processorMs, written } = await server.ask({ kind: 'close' });
  if (written !== undefined && written !== LANES * count) {
    throw new Error(`${LANES * count} commands were sent, ${written} recorded`);
  }
  return (LANES * count * 1000) / Number(processorMs);
}
