import { openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import { positionToString } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { counted } from '../output/counted.js';
import type { Purpose } from '../store/open-store.js';
import { withStore } from '../store/with-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';

/** Shows the lag of the read model. */
export const lag: Command = {
  name: 'lag',
  section: 'Operate',
  summary: 'Shows the lag of the read model behind the store; 0 unless a program wrote without updating it.',
  options: { ...STORE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy lag --store sqlite:iam.db'],
  run: (invocation) =>
    withPolicies(invocation, 'read', async ({ readModel }) => {
      const { events, isAtLeast, seconds } = await readModel.lag(invocation.io.interrupted);
      writeResult(
        invocation,
        () => ({ events, isAtLeast, seconds }),
        () =>
          `${isAtLeast ? 'At least ' : ''}${counted(events, 'event')} behind, the oldest for ${seconds.toFixed(1)} s.\n`,
      );
      return events === 0 ? EXIT.done : EXIT.refused;
    }),
};

/** Rebuilds the read model. */
export const rebuild: Command = {
  name: 'rebuild',
  section: 'Operate',
  summary: 'Rebuilds the read model from all events. Reads use the old rows until it is complete.',
  details: ['On EventStoreDB it needs --rows: without them each program keeps rows of its own, and is restarted.'],
  options: { ...STORE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy rebuild --store sqlite:iam.db'],
  run: (invocation) =>
    withPolicies(invocation, 'write', async ({ readModel }) => {
      const position = positionToString(await readModel.rebuild(invocation.io.interrupted));
      writeResult(
        invocation,
        () => ({ position }),
        () => `Made anew, up to @${position}.\n`,
      );
      return EXIT.done;
    }),
};

const NO_ROWS =
  'This store keeps no rows: each program has its own, which are up to date once it has read the store. ' +
  'There is nothing here that can lag or be rebuilt, unless --rows names them. Watch the health of each program, and of the server.';

function withPolicies(
  invocation: Invocation,
  purpose: Purpose,
  work: (loginPolicies: LoginPolicies) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withStore(invocation, { purpose }, async (store, address) => {
    if (address.kind === 'esdb' && address.rows === undefined) throw new Failure(EXIT.usage, NO_ROWS);
    const loginPolicies = await openLoginPolicies({ store, follows: 'on-demand' });
    try {
      return await work(loginPolicies);
    } finally {
      await loginPolicies.close();
    }
  });
}
