import { openLoginPolicies } from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { counted, policiesText } from '../output/counted.js';
import { printable } from '../output/printable.js';
import { Progress } from '../output/progress.js';
import { withRebuildAdvice } from '../store/rebuild-advice.js';
import type { OpenedStore } from '../store/open-store.js';
import { catchUpInMemory, withStore } from '../store/with-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { CategoryChecks } from '../verify/category-checks.js';
import { EventChains } from '../verify/event-chains.js';
import { Findings } from '../verify/findings.js';
import { PolicyFolds } from '../verify/policy-folds.js';
import { ReceiptChecks } from '../verify/receipt-checks.js';

/** Reads a whole store, and reports what is damaged. */
export const verify: Command = {
  name: 'verify',
  section: 'Operate',
  summary: 'Checks the whole store: streams have no gaps, events are readable, receipts and rows match them.',
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
  const [chains, folds] = [new EventChains(findings), new PolicyFolds(findings)];
  const beside = [new CategoryChecks(findings), new ReceiptChecks(findings)];
  const bar = new Progress(io, 'Read');
  let events = 0;
  try {
    for await (const page of store.eventStore.readAll({ signal: io.interrupted })) {
      for (const event of page) {
        chains.check(event);
        folds.add(event);
        for (const check of beside) check.add(event);
      }
      bar.count((events += page.length), 'events');
    }
    io.interrupted.throwIfAborted();
    chains.end();
    for (const check of beside) await check.check(store.eventStore, io.interrupted);
    await compareRows(store, folds, io.interrupted);
  } catch (caught) {
    const problem = withRebuildAdvice(caught);
    if (problem instanceof Failure) findings.add('the read model', problem.message);
    else if (!isFault(problem) || problem.retryable) throw problem;
    else findings.add(events === 0 ? 'the store' : `after ${counted(events, 'event')}`, problem.message);
  }
  bar.end();
  const { count, shown } = findings;
  const read = { events, streams: chains.streams, policies: folds.policies };
  writeResult(
    invocation,
    () => ({ ...read, findings: shown, count }),
    (paint) => {
      const lines = shown.map(({ problem, where }) => `${paint('warning', printable(where))}: ${printable(problem)}\n`);
      const verdict = count === 0 ? 'No problems found.' : `${counted(count, 'finding')}.`;
      return `${lines.join('')}${counted(events, 'event')} in ${counted(read.streams, 'stream')}, ${policiesText(read.policies)}. ${verdict}\n`;
    },
  );
  return count === 0 ? EXIT.done : EXIT.refused;
}

async function compareRows(store: OpenedStore, folds: PolicyFolds, signal: AbortSignal): Promise<void> {
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await catchUpInMemory(store, loginPolicies, signal);
    await folds.compareRows(loginPolicies);
    // Damage that no read met, as in an index that only commands use.
    await store.check?.('full');
  } finally {
    await loginPolicies.close();
  }
}
