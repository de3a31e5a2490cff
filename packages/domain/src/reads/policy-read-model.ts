import type { ProjectionRunner } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../policy/events.js';
import type { LoginPolicyRow } from '../login-policy-projection.js';

/** The runner of the policies' read model (docs/how-to/when-a-read-model-lags.md). */
export type PolicyReadModel = Pick<
  ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>,
  'catchUp' | 'lag' | 'read' | 'ready' | 'rebuild' | 'resume' | 'state' | 'unreadable'
>;
