import { aFunction, optional, wholeNumber, withMethods } from '../options/option-rules.js';
import type { OptionRules } from '../options/parse-options.js';
import type { IdSource } from '../values/ids.js';
import type { Observe } from '../streams/observe.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore } from '../streams/event-store.js';
import type { EventShape } from '../streams/event.js';
import type { Decider } from './decider.js';
import type { FactSource } from './fact-source.js';
import type { StoredState } from './state-reader.js';

/** The options of a command handler. */
export interface CommandHandlerOptions<
  Command,
  Event extends EventShape,
  State,
  Rejection,
  Facts = undefined,
  Conditions = unknown,
> {
  readonly eventStore: EventStore;
  readonly decider: Decider<Command, Event, State, Rejection, Facts>;
  readonly events: EventCodec<Event>;
  /** Default: no command needs facts from outside. */
  readonly facts?: FactSource<Command, Facts, Conditions> | undefined;
  /** Default: ULIDs by the machine's clock. */
  readonly ids?: IdSource | undefined;
  /** The most attempts at one command while other writers change its stream. Default 16. */
  readonly attempts?: number | undefined;
  /** The most states cached in memory. Default 10,000; 0 folds the stream for every command. */
  readonly keptStates?: number | undefined;
  /** A state of a stream in a read model: a long stream is folded from there. Default: from its first event. */
  readonly storedState?: StoredState<State> | undefined;
  /** Observes decisions and appends. */
  readonly observe?: Observe | undefined;
}

/** The rules of the options. */
export const HANDLER_OPTIONS: OptionRules<CommandHandlerOptions<never, never, never, never>> = {
  eventStore: withMethods('append', 'readStream'),
  decider: withMethods('decide', 'evolve'),
  events: withMethods('encode', 'decode'),
  facts: optional(withMethods('isNeededFor', 'lookUp')),
  ids: optional(aFunction),
  attempts: optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  keptStates: optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  storedState: optional(aFunction),
  observe: optional(aFunction),
};
