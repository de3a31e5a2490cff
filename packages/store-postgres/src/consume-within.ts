import type { ConsumeOptions, Handling, RecordedEvent } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import type { PostgresConsumers } from './consumers.js';

/** What a handler is told that takes part in the transaction which moves the checkpoint. */
export interface HandlingWithin extends Handling {
  /** In a transaction at READ COMMITTED. Its statements are part of it; it is committed or taken back once the handler is done. */
  readonly client: ClientBase;
}

/** As {@link ConsumeOptions}, with a handler that is handed a client. */
export interface ConsumeWithinOptions extends Omit<ConsumeOptions, 'handle'> {
  /** As {@link ConsumeOptions.handle}, by a client in the transaction. */
  readonly handle: (events: readonly RecordedEvent[], handling: HandlingWithin) => unknown;
}

/** The same, for a consumer that calls handlers outside: after the transaction the checkpoint is found where it is to be. */
export function handlingWithin(
  consumers: PostgresConsumers,
  { handle, ...options }: ConsumeWithinOptions,
): ConsumeOptions {
  // Refused where the options are looked at.
  if (typeof handle !== 'function') return { ...options, handle };
  return {
    ...options,
    handle: (events, handling) =>
      consumers.within(options.name, handling, async (client) => handle(events, { ...handling, client })),
  };
}
