import type { Chance } from '../attacks/chance.js';
import type { Consuming } from './consuming.js';
import type { Store, EventId } from '@login-policy/event-sourcing';
import type { SharedLog } from './shared-log.js';

/** What a process works with. */
export interface MemberParts {
  readonly store: Store;
  readonly log: SharedLog;
  readonly chance: Chance;
  readonly ids: () => EventId;
  readonly consumers: readonly Consuming[];
}
