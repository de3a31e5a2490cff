import {
  CommandHandler,
  eventCodec,
  openMemoryStore,
  streamId,
  toJsonObject,
  type Handled,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, type TallyCommand, type TallyEvent, type TooLow } from './tally.js';

const stream = streamId('tally', 'a');
const numbered = {
  upcasters: [],
  read: (data: object) => ({ by: Number(Reflect.get(data, 'by')) }),
  write: toJsonObject,
};

function handling(command: TallyCommand): Promise<Handled<TallyEvent, number, TooLow>> {
  const { eventStore } = openMemoryStore();
  const events = eventCodec<TallyEvent>({ Raised: { ...numbered, newFrom: 1 }, Lowered: numbered });
  const handler = new CommandHandler({ eventStore, decider: tally, events, newShapes: 'not-yet' });
  return handler.handle(stream, command, { actor: 'tester' });
}

describe('while new shapes may not be written yet', () => {
  it('a command that needs one is refused with its type and version', async () => {
    expect(await handling({ type: 'raise', by: 1 })).to.deep.include({
      outcome: 'rejected',
      rejection: { reason: 'shape-not-yet-allowed', type: 'Raised', schemaVersion: 1 },
    });
  });

  it('a command that its own rules refuse is refused by them', async () => {
    expect(await handling({ type: 'lower', by: 1 })).to.deep.include({
      outcome: 'rejected',
      rejection: { reason: 'too-low', at: 0 },
    });
  });
});
