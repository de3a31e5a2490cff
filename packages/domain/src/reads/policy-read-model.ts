import type { Freshness, Position } from '@login-policy/event-sourcing';
import type { Lag, RunnerState, UnreadablePage, UnreadableRow } from '@login-policy/event-sourcing/domain';
import type { LoginPolicyRow } from '../login-policy-projection.js';

/** What keeps the rows up that policies are read from (docs/how-to/when-a-read-model-lags.md). */
export interface PolicyReadModel {
  /** What it is doing; `stopped` says why. */
  readonly state: RunnerState;
  /** Waits until a read would be answered at once. @throws ProjectionBehind, DeadlineExceeded */
  ready(freshness?: Freshness): Promise<void>;
  /** How far the rows are behind the store. @throws DeadlineExceeded when the signal fired. */
  lag(signal?: AbortSignal): Promise<Lag>;
  /** Reduces all events there are now, and resolves to the last of them. @throws ProjectionStopped, DeadlineExceeded, StoreClosed */
  catchUp(signal?: AbortSignal): Promise<Position>;
  /** Computes all rows anew while the old ones answer, and resolves to the last event in them. @throws as {@link catchUp} */
  rebuild(signal?: AbortSignal): Promise<Position>;
  /** Goes on at once from where it stopped, or from a pause: the cause is mended. */
  resume(): void;
  /** Many policies at once, all of one moment, by the names of their streams. @throws ProjectionBehind, DeadlineExceeded */
  read(streams: readonly string[], freshness?: Freshness): Promise<PoliciesRead>;
  /** The policies that this program can't read, and why: of one kind, or all. */
  unreadable(wanted?: UnreadablePage, freshness?: Freshness): Promise<{ readonly rows: readonly UnreadablePolicy[] }>;
}

/** Policies in force, and why those that are there can't be read, by the names of their streams. */
export interface PoliciesRead {
  readonly rows: ReadonlyMap<string, LoginPolicyRow>;
  readonly unreadable: ReadonlyMap<string, Error>;
}

/** A policy that can't be read, by the name of its stream. */
export interface UnreadablePolicy {
  readonly key: string;
  readonly row: UnreadableRow;
}
