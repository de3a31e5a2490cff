import type { LoginPolicies, PolicyChangeTold } from '@login-policy/domain';
import type { Consumer } from '@login-policy/event-sourcing';
import type { Instances } from '../accounts/instances.js';
import type { JudgedSignIns } from '../accounts/judged-sign-ins.js';
import type { Log } from '../log.js';
import type { Sessions } from './sessions.js';

/** The parts of re-judging sessions. */
export interface EndingSessionsOptions {
  readonly policies: LoginPolicies;
  readonly instances: Instances;
  readonly sessions: Sessions;
  readonly signIns: JudgedSignIns;
  readonly log: Log;
}

/**
 * Re-judges all open sessions of an instance whenever its default policy changes, and ends those that no longer
 * suffice. One process does it for all that share the data folder. This server's users belong to no organization.
 */
export function endSessions({ policies, instances, sessions, signIns, log }: EndingSessionsOptions): Consumer {
  const judged = async (change: PolicyChangeTold): Promise<void> => {
    const { isDefault, owner, position: atLeast } = change;
    const instance = isDefault ? await instances.current({ id: owner.instanceId }) : undefined;
    if (instance === undefined) return;
    const ended = await sessions.judgeAll(instance, async (user, verified) =>
      // The rules are unknown, so the users must sign in again.
      change.kind === 'unreadable' || verified === undefined
        ? undefined
        : signIns.judgeAnew({ instance, user }, { verified, atLeast }),
    );
    if (ended.length === 0) return;
    log.note(
      'warn',
      `${ended.length} sessions were ended: the login policy no longer takes what they verified for enough.`,
      {
        users: [...new Set(ended)].join(', '),
      },
    );
  };
  return policies.onChange({ name: 'iam-server.sessions', handle: judged });
}
