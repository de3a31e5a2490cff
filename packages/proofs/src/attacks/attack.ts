import { once } from 'node:events';
import type { Socket } from 'node:net';
import { paced } from '@login-policy/testkit';
import type { AnyCaller } from './callers.js';
import type { Chance } from './chance.js';
import type { AnswerCheck } from './answer-check.js';

/** What an attack is made with. */
export interface Attacked {
  readonly port: number;
  readonly chance: Chance;
  readonly anyCaller: AnyCaller;
  readonly check: AnswerCheck;
}

/** What is sent over one connection, and how. It ends by itself, answered or not. @throws Error for what must not be */
export type Attack = (on: Attacked) => Promise<void>;

/**
 * For so long an attack waits for what is still to come. Nothing is wrong with a server that does not answer nonsense.
 */
export function listeningMs(): number {
  return paced(300);
}

/** Waits for a connection to close, for as long as an attack listens; some answers go on forever. */
export async function closedOrLate(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await once(socket, 'close', { signal: AbortSignal.timeout(listeningMs()) }).catch(() => undefined);
}

/** A place in the world: which host is called. Mostly ours. */
export function anyHost(chance: Chance): string {
  return chance.oneIn(8) ? chance.pick(['theirs.test', 'ours.test:80', 'OURS.TEST.', 'nobody.test', '']) : 'ours.test';
}
