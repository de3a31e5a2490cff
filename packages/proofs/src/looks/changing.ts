/**
 * The other process: carries out the changes of each message, and answers with the number of events recorded.
 *
 * Usage: node changing.js URL
 */
import { openLoginPolicies } from '@login-policy/domain';
import { openStore } from '../open-store.js';
import { carryOutAll, type Change } from './changes.js';

const store = await openStore(process.argv[2] ?? '');
const policies = await openLoginPolicies({ store, maxAgeMs: 0 });
process.on('message', (changes: readonly Change[]) => {
  carryOutAll(policies, changes).then(
    (recorded) => process.send?.(recorded),
    (caught: unknown) => process.send?.(String(caught)),
  );
});
process.once('disconnect', () => {
  policies
    .close()
    .then(() => store.close())
    .catch(() => process.exit(1));
});
process.send?.('started');
