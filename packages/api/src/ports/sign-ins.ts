import type { InstanceRef } from '@login-policy/domain';
import type { RecordSource } from '@login-policy/domain/backtest';

/** The sign-ins that are looked back at. */
export interface SignInSpan {
  readonly since?: Date;
  readonly until?: Date;
}

/** Where the sign-ins of an instance are recorded, for one reading. Those outside of the span may be left out. */
export type SignIns = (
  instance: InstanceRef,
  span: SignInSpan,
) => Iterable<RecordSource> | Promise<Iterable<RecordSource>>;
