import { policyStream, parseInstance } from '@login-policy/domain';
import {
  instant,
  monotonicIds,
  position,
  revision,
  type NewEvent,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import { instanceId } from './instance-id.js';
import { historyOf } from './plain-events.js';

/** How many events, over how many policies. */
export interface Volume {
  readonly policies: number;
  readonly eventsEach: number;
}

/** When all events of the benchmarks were recorded. */
export const RECORDED_AT: number = Date.UTC(2025, 0, 1);

/** The stream of the policy with a number. */
export function streamOf(number: number): StreamId {
  return policyStream(parseInstance({ instanceId: instanceId(number) }, 'instance'));
}

const metadata = Object.freeze({ actor: 'bench', correlationId: 'bench' });

/** A policy's first events, ready to be appended. */
export function newEvents(count: number): readonly NewEvent[] {
  const ids = monotonicIds();
  return historyOf(count).map((event) => ({ ...event, id: ids(), schemaVersion: 1, metadata }));
}

/** The events of all policies as a store without a disk would give them: one event of each policy, then the next. */
export function recordedHistory({ policies, eventsEach }: Volume): readonly RecordedEvent[] {
  const streams = Array.from({ length: policies }, (_, number) => streamOf(number));
  const recordedAt = instant(RECORDED_AT);
  const history: RecordedEvent[] = [];
  for (const [index, event] of newEvents(eventsEach).entries()) {
    for (const streamId of streams) {
      const place = { streamId, revision: revision(index), position: position(history.length + 1), recordedAt };
      history.push({ ...event, data: { ...event.data }, ...place });
    }
  }
  return history;
}
