import { orThrow } from '@login-policy/domain';
import { type AuditLog, openAuditLog } from '@login-policy/domain/audit';
import { acme, by, globex, instance, openDesk, PASSKEY, type Desk } from './policies.js';

/** A neighbour. */
export const other = { instanceId: 'another-instance' };

/** Login policies and an audit log over one store. */
export interface AuditDesk extends Desk {
  readonly auditLog: AuditLog;
  readonly close: () => Promise<void>;
}

/** Opens both over a fresh memory store. */
export async function openAudited(): Promise<AuditDesk> {
  const desk = await openDesk();
  const auditLog = await openAuditLog({ store: desk.store });
  const close = async (): Promise<void> => {
    await Promise.all([auditLog.close(), desk.loginPolicies.close()]);
  };
  return { ...desk, auditLog, close };
}

/** Nine events of three policies and two actors, and one of a neighbour. */
export async function seed({ loginPolicies }: Desk): Promise<void> {
  const bob = { actor: 'bob', reason: 'Cloned authenticators, ticket 4711' };
  orThrow(await loginPolicies.add(instance, { secondFactors: ['TOTP'], multiFactors: [PASSKEY] }, by));
  orThrow(await loginPolicies.add(other, {}, by));
  orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
  orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, bob));
  orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, { ...bob, reason: 'cloned keys' }));
  orThrow(await loginPolicies.add(globex, {}, by));
  orThrow(await loginPolicies.addIdentityProvider(globex, { id: 'TOTP', ownerType: 'SYSTEM' }, by));
}
