import type { Deadline } from '../deadline.js';
import { isFault } from '../is-fault.js';
import { pause } from '../store/back-off.js';

/** Takes a turn at a read model, again whenever another projector was first: it goes on from where that one got to. */
export async function takingTurns<Result>(deadline: Deadline, turn: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await turn();
    } catch (caught) {
      if (!isFault(caught, 'checkpoint-conflict')) throw caught;
      await deadline.wait(pause(attempt));
    }
  }
}
