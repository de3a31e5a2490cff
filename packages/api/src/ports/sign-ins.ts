import type { InstanceRef } from '@login-policy/domain';
import type { RecordSource } from '@login-policy/domain/backtest';

/** Where the sign-ins of an instance are recorded, for one reading. */
export type SignIns = (instance: InstanceRef) => Iterable<RecordSource> | Promise<Iterable<RecordSource>>;
