import { openLoginPolicies } from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';
import { readConfig, withoutSecrets } from './config.js';
import { openStore } from './open-store.js';
import { walkThrough } from './walkthrough.js';

/** The exit codes for a supervisor: 75 (sysexits.h) if a restart may help, 1 if something must be fixed first. */
const EXIT = { retryable: 75, other: 1 } as const;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

// The reader of the output may stop reading: `npm start | head`.
process.stdout.on('error', () => process.exit());

try {
  const config = readConfig(process.env);
  print(`Login policies in ${withoutSecrets(config.storeUrl)}`);
  const store = await openStore(config);
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await walkThrough(loginPolicies, print);
  } finally {
    await loginPolicies.close();
    await store.close();
  }
} catch (caught) {
  process.stderr.write(`${caught instanceof Error ? caught.message : String(caught)}\n`);
  process.exitCode = isFault(caught) && caught.retryable ? EXIT.retryable : EXIT.other;
}
