import type { IdSource } from '../ids.js';
import type { Observe } from '../observe.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore } from '../streams/event-store.js';
import type { EventShape } from '../streams/event.js';
import type { Decider } from './decider.js';
import type { FactSource } from './fact-source.js';
import type { RememberedStates } from './remembered-states.js';

/** What a command handler is made of. */
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
  /** Default: no command needs anything from outside. */
  readonly facts?: FactSource<Command, Facts, Conditions> | undefined;
  /** Default: ULIDs of the machine's clock. */
  readonly ids?: IdSource | undefined;
  /** How often a command is decided at the most, when others change its stream meanwhile. Default 16. */
  readonly attempts?: number | undefined;
  /** How many states are kept in memory. Default 10,000; 0 folds the stream for every command. */
  readonly keptStates?: number | undefined;
  /**
   * `not-yet`: a command that needs an event which the release before can't read is refused (`shape-not-yet-allowed`), and what was
   * recorded is read all the same. For as long as processes of that release run. Default `allowed`.
   */
  readonly newShapes?: 'allowed' | 'not-yet' | undefined;
  /** Is told of decisions and appends. */
  readonly observe?: Observe | undefined;
  /** Where states of long streams may be had without folding all of them. Default: nowhere. */
  readonly remembered?: RememberedStates<State> | undefined;
}
