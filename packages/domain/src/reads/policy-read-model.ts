import type {
  Freshness,
  Lag,
  Position,
  RunnerState,
  UnreadablePage,
  UnreadableRow,
} from '@login-policy/event-sourcing';
import type { LoginPolicyRow } from '../login-policy-projection.js';

/** The runner of the policies' read model (docs/how-to/when-a-read-model-lags.md). */
export interface PolicyReadModel {
  /** Its state; `stopped` has the reason. */
  readonly state: RunnerState;
  /** Waits until a read would be answered at once. @throws ProjectionBehind, DeadlineExceeded */
  ready(freshness?: Freshness): Promise<void>;
  /** How far the rows lag behind the store. @throws DeadlineExceeded when the signal fired. */
  lag(signal?: AbortSignal): Promise<Lag>;
  /**
   * Reduces all events up to the head; resolves to the checkpoint.
   *
   * @throws ProjectionStopped, DeadlineExceeded, StoreClosed
   */
  catchUp(signal?: AbortSignal): Promise<Position>;
  /** Computes all rows again while the old ones answer, and resolves to their checkpoint. @throws as {@link catchUp} */
  rebuild(signal?: AbortSignal): Promise<Position>;
  /** Resumes at once after a stop or during a pause, when the cause is fixed. */
  resume(): void;
  /** Many policies of one snapshot, by the names of their streams. @throws ProjectionBehind, DeadlineExceeded */
  read(streams: readonly string[], freshness?: Freshness): Promise<PoliciesRead>;
  /** The policies that this program can't read, and why: of one kind, or all. */
  unreadable(wanted?: UnreadablePage, freshness?: Freshness): Promise<{ readonly rows: readonly UnreadablePolicy[] }>;
}

/** Policies in force, and the faults of unreadable ones, by the names of their streams. */
export interface PoliciesRead {
  readonly rows: ReadonlyMap<string, LoginPolicyRow>;
  readonly unreadable: ReadonlyMap<string, Error>;
}

/** A policy that can't be read, by the name of its stream. */
export interface UnreadablePolicy {
  readonly key: string;
  readonly row: UnreadableRow;
}
