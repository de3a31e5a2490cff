import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { acme, globex, instance, splitByEffect } from './organizations.js';
import { heading, listed, printDetails, printEntry, type Print } from './report.js';
import { setUp } from './set-up.js';

const PASSKEY = 'U2F_WITH_VERIFICATION';
/**
 * An id that means nothing by itself: what is recorded stays forever, so a name or an e-mail address has no place in
 * it.
 */
const by = { actor: '177853428519632899', reason: 'security advisory 2026-17' };

/** Sets up an instance, removes its multi-factor and shows all that can be asked about it afterwards. */
export async function walkThrough(loginPolicies: LoginPolicies, print: Print): Promise<void> {
  await begin(loginPolicies, print);
  const sequence = await removePasskey(loginPolicies, print);
  await removeAgain(loginPolicies, print);
  await showHistory(loginPolicies, print);
  await showPast(loginPolicies, print, sequence - 1n);
}

async function begin(loginPolicies: LoginPolicies, print: Print): Promise<void> {
  const { state, position } = await setUp(loginPolicies);
  heading(print, `1. The login policy of instance ${instance.instanceId} was ${state}.`);
  const { policy } = orThrow(await loginPolicies.policy(instance, { atLeast: position }));
  print(`  second factors ${listed(policy.secondFactors)}`);
  print(`  multi-factors  ${listed(policy.multiFactors)}`);
  if (policy.multiFactors.includes(PASSKEY)) return;
  const reason = 'an earlier run removed it; this one begins with it in place';
  orThrow(await loginPolicies.addMultiFactor(instance, PASSKEY, { actor: 'setup', reason }));
  print(`  An earlier run removed ${PASSKEY}: it was added back, so that it can be removed again.`);
}

async function removePasskey(loginPolicies: LoginPolicies, print: Print): Promise<bigint> {
  heading(print, `2. User ${by.actor} removes ${PASSKEY} from the instance.`);
  const removal = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
  printDetails(print, 'details on manipulation', removal.details);
  const { policy } = orThrow(await loginPolicies.policy(instance, { atLeast: removal.position }));
  printDetails(print, 'details on read', policy.details);
  const { affected, unaffected } = await splitByEffect(loginPolicies, {
    organizations: [acme, globex],
    atLeast: removal.position,
  });
  print(`  affected, because they are on the default: ${listed(affected)}`);
  print(`  not affected, because they have a custom policy: ${listed(unaffected)}`);
  return removal.details.sequence;
}

async function removeAgain(loginPolicies: LoginPolicies, print: Print): Promise<void> {
  heading(print, '3. The same removal again is refused.');
  const again = await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
  print(again.outcome === 'rejected' ? `  ${again.rejection.reason}: ${again.message}` : '  It was not refused.');
}

async function showHistory(loginPolicies: LoginPolicies, print: Print): Promise<void> {
  heading(print, '4. What happened to the policy, newest first.');
  const { entries } = orThrow(await loginPolicies.history(instance, { direction: 'backwards', limit: 6 }));
  for (const entry of entries) printEntry(print, entry);
}

async function showPast(loginPolicies: LoginPolicies, print: Print, sequence: bigint): Promise<void> {
  heading(print, `5. The policy as it was before, at sequence ${sequence}.`);
  const { policy } = orThrow(await loginPolicies.policy(instance, { asOf: { sequence } }));
  print(`  multi-factors  ${listed(policy.multiFactors)}`);
  printDetails(print, 'details on read, then', policy.details);
}
