import type { LoginPolicies } from '@login-policy/domain';
import { onChange } from '@login-policy/domain/changes';
import type { Consumer, Position } from '@login-policy/event-sourcing';
import type { Log } from '../log.js';
import type { Sessions } from './sessions.js';

/** The parts of ending sessions. */
export interface EndingSessionsOptions {
  readonly policies: LoginPolicies;
  readonly sessions: Pick<Sessions, 'tidy'>;
  readonly log: Log;
  /** The position it begins after at its first start, because no session is older. */
  readonly head: Position;
}

/**
 * Ends the sessions that no longer suffice whenever a login policy changes. Sessions are judged at each use, too: this
 * makes their end final, even if the policy is changed back. One process does it for all.
 */
export function endSessions({ policies, sessions, log, head: from }: EndingSessionsOptions): Consumer {
  return onChange(policies, {
    name: 'iam-server.sessions',
    from,
    handle: async (change, { attempt }) => {
      // By a policy that can't be read, nobody is let in at all. Their sessions go on once it can.
      if (change.kind === 'unreadable') return;
      const { ended, failures } = await sessions.tidy(change.owner, change.position);
      if (ended.length > 0)
        log.note(
          'warn',
          `${ended.length} sessions were ended: the login policy no longer takes what they verified for enough.`,
          { users: [...new Set(ended)].join(', ') },
        );
      // What can't be judged is not let in. It is logged once, and holds nothing up.
      if (attempt === 1) for (const failure of failures) log.failure(failure);
    },
  });
}
