import { orThrow, RejectedError, type LoginPolicies, type OwnerRef } from '@login-policy/domain';
import type { Owner } from '@login-policy/domain/model';
import type { RolloutProgress } from '@login-policy/domain/rollout';
import { acme, by, globex, instance, PASSKEY } from './policies.js';

/** The passkeys go. */
export const removal = { type: 'removeMultiFactor', factor: PASSKEY } as const;
/** Under this id. */
export const advisory = { ...by, id: 'advisory-1', reason: 'cloned authenticators' };
/** An organization without passkeys. */
export const initech = { ...instance, organizationId: 'initech' };

/** The default, acme and globex allow passkeys; initech does not. */
export async function seed(loginPolicies: LoginPolicies): Promise<void> {
  for (const owner of [instance, acme, globex])
    orThrow(await loginPolicies.add(owner, { multiFactors: [PASSKEY] }, by));
  orThrow(await loginPolicies.add(initech, { secondFactors: ['TOTP'] }, by));
}

/** Iterates a run: its last progress, and all refusals. */
export async function last(
  run: AsyncIterable<RolloutProgress>,
): Promise<RolloutProgress & { readonly all: readonly string[] }> {
  let progress: RolloutProgress | undefined;
  const all: string[] = [];
  for await (progress of run) all.push(...progress.refusals.map(({ owner, reason }) => `${nameOf(owner)}: ${reason}`));
  if (progress === undefined) throw new Error('a run says how far it is');
  return { ...progress, all };
}

/** Whose policy it is, for people. */
export function nameOf(owner: Owner): string {
  return 'organizationId' in owner ? owner.organizationId : 'the default';
}

/** The multi-factors of a policy. */
export async function factorsOf(loginPolicies: LoginPolicies, owner: OwnerRef): Promise<readonly string[]> {
  return orThrow(await loginPolicies.policy(owner)).policy.multiFactors;
}

/** The reason of the refusal that ends a run, or `nothing`. */
export async function failureOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'nothing',
    (caught: unknown) => (caught instanceof RejectedError ? caught.rejection.reason : String(caught)),
  );
}
