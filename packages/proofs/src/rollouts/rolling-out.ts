/**
 * Resumes a rollout and carries it out, reporting its progress, until it is done or killed.
 *
 * Usage: node rolling-out.js URL [audited]
 */
import { openLoginPolicies } from '@login-policy/domain';
import { openAuditLog } from '@login-policy/domain/audit';
import { rollOut } from '@login-policy/domain/rollout';
import { openStore } from '../open-store.js';
import { ADVISORY, INSTANCE, REMOVAL } from './advisory.js';

const [url = '', audited] = process.argv.slice(2);
const store = await openStore(url);
const policies = await openLoginPolicies({ store });
const auditLog = audited === undefined ? undefined : await openAuditLog({ store });
const rollout = rollOut(policies, INSTANCE, REMOVAL, ADVISORY);
process.send?.({ done: 0 });
for await (const { done, of } of rollout.carryOut({ concurrency: 8 })) process.send?.({ done, of });
await auditLog?.close();
await policies.close();
await store.close();
process.disconnect();
