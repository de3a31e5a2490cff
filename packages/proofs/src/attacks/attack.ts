import { once } from 'node:events';
import type { Socket } from 'node:net';
import { paced } from '@login-policy/testkit';
import type { AnyCaller } from './callers.js';
import type { Chance } from './chance.js';
import type { AnswerCheck } from './answer-check.js';

/** The parts of an attack. */
export interface AttackContext {
  readonly port: number;
  readonly chance: Chance;
  readonly anyCaller: AnyCaller;
  readonly check: AnswerCheck;
}

/** Attacks over one connection and ends by itself, answered or not. @throws Error when the server misbehaves */
export type Attack = (on: AttackContext) => Promise<void>;

/** How long an attack waits for answers. A server need not answer nonsense. */
export function answerWaitMs(): number {
  return paced(300);
}

/** Waits for a connection to close, but only so long, because some answers never end. */
export async function untilClosedOrTimeout(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await once(socket, 'close', { signal: AbortSignal.timeout(answerWaitMs()) }).catch(() => undefined);
}

/** The host to call, usually ours. */
export function anyHost(chance: Chance): string {
  return chance.oneIn(8) ? chance.pick(['theirs.test', 'ours.test:80', 'OURS.TEST.', 'nobody.test', '']) : 'ours.test';
}
