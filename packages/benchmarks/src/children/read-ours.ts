import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { instanceId } from '../workload/instance-id.js';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path });
const policies = await openLoginPolicies({ store });
const { multiFactors, details } = orThrow(await policies.policy({ instanceId: instanceId(0) })).policy;
console.log(multiFactors.join(), String(details.sequence));
await policies.close();
await store.close();
