import { loginPolicyProjection } from '@login-policy/domain';
import { Projector } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path });
await new Projector({ ...store, projection: loginPolicyProjection }).rebuild();
await store.close();
console.log(process.resourceUsage().maxRSS);
