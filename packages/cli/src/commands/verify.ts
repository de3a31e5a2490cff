import { openLoginPolicies } from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { counted, policiesText } from '../output/counted.js';
import { printable } from '../output/printable.js';
import { Progress } from '../output/progress.js';
import { withRebuildAdvice } from '../store/rebuild-advice.js';
import type { OpenedStore } from '../store/open-store.js';
import { catchUpInMemory, withStore } from '../store/with-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { EventChains } from '../verify/event-chains.js';
import { Findings } from '../verify/findings.js';
import { lookingOnly } from '../verify/looking-only.js';
import { PolicyFolds } from '../verify/policy-folds.js';
import { ReceiptChecks } from '../verify/receipt-checks.js';
import { compareRowCount } from '../verify/row-count.js';

/** Reads a whole store, and reports what is damaged. */
export const verify: Command = {
  name: 'verify',
  section: 'Operate',
  summary:
    'Checks the whole store: streams have no gaps, events are readable, receipts and the rows of policies match them.',
  details: [
    'Lists each problem and its place. Exit code 1 if there are any. Other programs may write meanwhile. To repair damaged rows, run rebuild; to repair damaged events, restore a backup.',
  ],
  options: { ...STORE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy verify --store sqlite:iam.db'],
  run: (invocation) => withStore(invocation, { purpose: 'read' }, (store) => verifyStore(invocation, store)),
};

async function verifyStore(invocation: Invocation, store: OpenedStore): Promise<ExitCode> {
  const { io } = invocation;
  const findings = new Findings();
  const read = await checkAll(store, io, findings);
  const { count, shown } = findings;
  writeResult(
    invocation,
    () => ({ ...read, findings: shown, count }),
    (paint) => {
      const lines = shown.map(({ problem, where }) => `${paint('warning', printable(where))}: ${printable(problem)}\n`);
      const verdict = count === 0 ? 'No problems found.' : `${counted(count, 'finding')}.`;
      return `${lines.join('')}${counted(read.events, 'event')} in ${counted(read.streams, 'stream')}, ${policiesText(read.policies)}. ${verdict}\n`;
    },
  );
  return count === 0 ? EXIT.done : EXIT.refused;
}

interface Read {
  readonly events: number;
  readonly streams: number;
  readonly policies: number;
}

/** Damage that ends one part of the check is a finding, and hides the others as little as possible. */
async function checkAll(store: OpenedStore, io: Io, findings: Findings): Promise<Read> {
  const { interrupted: signal } = io;
  const [chains, folds, receipts] = [new EventChains(findings), new PolicyFolds(findings), new ReceiptChecks(findings)];
  const bar = new Progress(io, 'Read');
  let events = 0;
  const part = async (check: () => Promise<void>, rest = ''): Promise<boolean> => {
    try {
      await check();
      return true;
    } catch (caught) {
      addDamage(caught, events === 0 ? 'the store' : `after ${counted(events, 'event')}`, { findings, rest });
      return false;
    }
  };
  const isRead = await part(async () => {
    for await (const page of store.eventStore.readAll({ signal })) {
      for (const event of page) for (const check of [chains, folds, receipts]) check.add(event);
      bar.count((events += page.length), 'events');
    }
    signal.throwIfAborted();
    chains.end();
  }, '. Neither the events from there on nor receipts and rows were checked');
  if (isRead) {
    await part(() => chains.checkEnds(store.eventStore, signal));
    await part(() => receipts.check(store.eventStore, signal));
    const isCompared = await part(() => compareRows(store, folds, signal));
    if (isCompared) await part(() => compareRowCount(store, { findings, folds }, signal));
  }
  // Damage that no read met, as in an index that only commands use.
  await part(async () => store.check?.('full'));
  bar.end();
  return { events, streams: chains.streams, policies: folds.policies };
}

/** @throws the error, if it is not damage. */
function addDamage(
  caught: unknown,
  where: string,
  { findings, rest }: { readonly findings: Findings; readonly rest: string },
): void {
  const problem = withRebuildAdvice(caught);
  if (problem instanceof Failure) findings.add('the read model', problem.message);
  else if (!isFault(problem) || problem.retryable) throw problem;
  else findings.add(where, `${problem.message}${rest}`);
}

async function compareRows(store: OpenedStore, folds: PolicyFolds, signal: AbortSignal): Promise<void> {
  const loginPolicies = await openLoginPolicies({ store: lookingOnly(store) });
  try {
    await catchUpInMemory(store, loginPolicies, signal);
    await folds.compareRows(loginPolicies);
  } finally {
    await loginPolicies.close();
  }
}
