/** The instance of the proof. */
export const INSTANCE = { instanceId: 'proof-of-rollouts' } as const;

/** The command of the rollout. */
export const REMOVAL = { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' } as const;

/** The id, the actor and the reason of the rollout. */
export const ADVISORY = { id: 'advisory', actor: 'proof', reason: 'cloned authenticators' } as const;
