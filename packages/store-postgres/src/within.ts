import { type Clock, Deadline, type Store } from '@login-policy/event-sourcing';
import {
  delegating,
  type InlineModels,
  storeOn,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { PostgresBackend, type BackendParts } from './backend.js';
import { Connection } from './connection.js';
import { CallersClient } from './transaction.js';

/** The parts that a store inside a transaction shares with its parent. */
export interface ParentStore {
  readonly parts: BackendParts;
  readonly models: InlineModels;
  readonly clock: Clock;
}

/** Each append is written on its own, under the connection's lock. */
const SINGLE_APPENDS = { appends: 1, size: 0 } as const;

/**
 * Makes a store inside a caller's transaction. It prepares no statements, because a missing one would be an error that
 * ends the transaction.
 */
export function storeWithin(client: ClientBase, { parts, models, clock: given }: ParentStore): Store {
  const { name, timeOuts } = parts.connection;
  const callers = new CallersClient(client, name);
  const connection = new Connection(callers, parts.schema, { timeOuts, prepared: 'never', statements: 'shared' });
  const { clock, eventStore, readModels } = storeOn(new BackendWithin({ ...parts, connection }, callers), {
    most: SINGLE_APPENDS,
    models,
    clock: given,
  });
  const close = async (): Promise<void> => {};
  return {
    eventStore: delegating(eventStore, { close, subscribe: refuseSubscription }),
    readModels: { open: (definition) => readModels.open(definition), close },
    readModelUpdates: 'inline',
    clock,
    consume: refuseSubscription,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Reads and writes in a caller's transaction. It caches nothing, because the transaction may be rolled back. */
class BackendWithin extends PostgresBackend {
  readonly #callers: CallersClient;

  constructor(parts: BackendParts, callers: CallersClient) {
    super(parts);
    this.#callers = callers;
  }

  override async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    if (transaction.writes === 'rows') throw noProjector();
    return this.parts.connection.withFaults(async () => {
      const { release, ...open } = await this.#callers.borrow(transaction.signal);
      try {
        Deadline.throwIfExpired(`appending to ${this.name}`, transaction);
        const { planned } = await this.writer.underLock(open, transaction);
        return { ...planned, token: undefined, plannedFromCache: false };
      } finally {
        release(undefined);
      }
    });
  }

  /** Only the parent creates read models: otherwise another opening would wait for the end of this transaction. */
  override async openModel(): Promise<void> {}

  override beginShadow(): Promise<string> {
    return Promise.reject(noProjector());
  }
}

/** The transactions of a projection runner would end the caller's. */
function noProjector(): Error {
  return new Error(
    'a store inside a transaction has no projector: catch up and rebuild in the one that it was made from',
  );
}

function refuseSubscription(): never {
  throw new Error('a store inside a transaction can’t be followed: follow the one that it was made from');
}
