import { Fault, type Store } from '@login-policy/event-sourcing';
import { eventStoreContract, readModelStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runContract } from './contract-run.js';
import { doNothingStore, refusingEverything } from './do-nothing.js';

const CONTRACTS: readonly { readonly name: string; readonly register: (open: () => Store) => void }[] = [
  { name: 'event store', register: registerEventStore },
  { name: 'read-model store', register: registerReadModels },
  { name: 'store', register: registerStore },
];

/** What a store that does nothing does, it does at once. */
const WAIT_LIMIT_MS = 500;

describe('a store that does not do its work', () => {
  for (const { name, register } of CONTRACTS) {
    it(`fails every test of the ${name} contract when it does nothing`, () =>
      demandAllFail(() => register(doNothingStore)));

    it(`fails every test of the ${name} contract when it says that it is closed`, () =>
      demandAllFail(() => register(() => refusingEverything(new Fault('store-closed', { store: 'the lazy store' })))));

    it(`fails every test of the ${name} contract when it refuses everything`, () =>
      demandAllFail(() => register(() => refusingEverything(new RangeError('out of order')))));
  }
});

async function demandAllFail(register: () => void): Promise<void> {
  const { passed, failed } = await runContract('', register);
  expect(passed, 'tests that a store passes without doing its work').to.deep.equal([]);
  expect(failed.size).to.be.greaterThan(15);
  const overdue = [...failed].filter(([, message]) => message.includes('Timeout')).map(([title]) => title);
  expect(overdue, 'tests that mocha had to end').to.deep.equal([]);
}

function registerEventStore(open: () => Store): void {
  eventStoreContract(
    {
      name: 'do nothing',
      waitLimitMs: WAIT_LIMIT_MS,
      freezes: true,
      open: async () => {
        const { eventStore } = open();
        return { eventStore, another: async () => open().eventStore, dispose: async () => {}, freeze: frozen };
      },
    },
    { describe, it },
  );
}

function registerReadModels(open: () => Store): void {
  readModelStoreContract(
    {
      name: 'do nothing',
      waitLimitMs: WAIT_LIMIT_MS,
      open: async () => ({
        readModels: open().readModels,
        another: async () => open().readModels,
        dispose: async () => {},
      }),
    },
    { describe, it },
  );
}

function registerStore(open: () => Store): void {
  storeContract(
    {
      name: 'do nothing',
      waitLimitMs: WAIT_LIMIT_MS,
      readModelUpdates: 'inline',
      freezes: true,
      open: async () => ({
        store: open(),
        reopen: async () => open(),
        another: async () => open(),
        dispose: async () => {},
        freeze: frozen,
      }),
    },
    { describe, it },
  );
}

/** What says nothing has nothing to stop. */
async function frozen(): Promise<() => Promise<void>> {
  return async () => undefined;
}
