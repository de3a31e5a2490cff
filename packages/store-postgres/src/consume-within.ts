import type { ConsumeOptions, Handling, RecordedEvent } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import type { PostgresConsumers } from './consumers.js';

/** The arguments of a handler that takes part in the transaction which moves the checkpoint. */
export interface HandlingWithin extends Handling {
  /**
   * A client in a transaction at READ COMMITTED. The handler's statements are part of it; it is committed or rolled
   * back when the handler is done.
   */
  readonly client: ClientBase;
}

/** {@link ConsumeOptions} with a handler that gets a client. */
export interface ConsumeWithinOptions extends Omit<ConsumeOptions, 'handle'> {
  /** {@link ConsumeOptions.handle} with a client in the transaction. */
  readonly handle: (events: readonly RecordedEvent[], handling: HandlingWithin) => unknown;
}

/** Adapts such a handler: its own transaction has already moved the checkpoint when it returns. */
export function handlingWithin(consumers: PostgresConsumers, given: ConsumeWithinOptions): ConsumeOptions {
  const { handle, ...options } = { ...given };
  // The option check refuses it later.
  if (typeof handle !== 'function') return { ...options, handle };
  // Passed on, so that the call and its transaction have the same time-out.
  const { handleTimeoutMs = 120_000 } = options;
  return {
    ...options,
    handleTimeoutMs,
    handle: (events, handling) =>
      consumers.within(options.name, { ...handling, handleTimeoutMs }, async (client) =>
        handle(events, { ...handling, client }),
      ),
  };
}
