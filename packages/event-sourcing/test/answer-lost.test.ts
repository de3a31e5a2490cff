import { Fault, isFault, streamId } from '@login-policy/event-sourcing';
import { AnswerLost, type Append, MemoryBackend, storeOn } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const append: Append = { streamId: streamId('Counter', 'a'), expected: 'any', events: [newEvent()] };
const away = new Fault('store-unavailable', { store: 'a backend', problem: 'the connection broke' });

/** A backend that loses the answer to each transaction, and what `findWritten` then finds. */
class Forgetful extends MemoryBackend {
  transactions = 0;
  readonly #next: AnswerLost['next'];
  readonly #found: () => boolean;

  constructor(next: AnswerLost['next'], found: () => boolean) {
    super('a backend');
    this.#next = next;
    this.#found = found;
  }

  override async transact(...given: Parameters<MemoryBackend['transact']>): Promise<never> {
    this.transactions += 1;
    if (this.transactions > 9) throw new Error('again and again');
    await super.transact(...given);
    throw new AnswerLost(away, this.#next);
  }

  override async findWritten(): Promise<boolean> {
    return this.#found();
  }
}

/** What an append ends with, and the number of transactions. */
async function outcomeOn(backend: Forgetful): Promise<readonly [unknown, number]> {
  const store = storeOn(backend, { most: { appends: 1, size: Infinity } });
  const appending = store.eventStore.append(append).then(
    (recorded) => recorded.length,
    (caught: unknown) => (isFault(caught) ? caught.code : caught),
  );
  const outcome = await appending;
  await store.close();
  return [outcome, backend.transactions];
}

describe('an append whose answer is lost', () => {
  it('is accepted if it was written', async () => {
    expect(await outcomeOn(new Forgetful('try-again', () => true))).to.deep.equal([1, 1]);
  });

  it('is tried once more if it was not written, where the backend says so, and then ends with its fault', async () => {
    expect(await outcomeOn(new Forgetful('try-again', () => false))).to.deep.equal([away.code, 2]);
    expect(await outcomeOn(new Forgetful('give-up', () => false))).to.deep.equal([away.code, 1]);
  });

  it('has an unknown outcome if nothing tells whether it was written', async () => {
    const failing = (): never => {
      throw away;
    };
    expect(await outcomeOn(new Forgetful('try-again', failing))).to.deep.equal(['outcome-unknown', 1]);
  });
});
