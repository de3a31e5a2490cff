/** The instance of the proof. */
export const INSTANCE = { instanceId: 'proof-of-rollouts' } as const;

/** What is rolled out. */
export const REMOVAL = { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' } as const;

/** Under which id, and by whom. */
export const ADVISORY = { id: 'advisory', actor: 'proof', reason: 'cloned authenticators' } as const;
