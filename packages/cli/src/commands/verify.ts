import { openLoginPolicies } from '@login-policy/domain';
import { isFault, type Store } from '@login-policy/event-sourcing';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { counted, policiesText } from '../output/counted.js';
import { plain } from '../output/plain.js';
import { Progress } from '../output/progress.js';
import { withRebuildAdvice } from '../store/rebuild-advice.js';
import { catchUpInMemory, withStore } from '../store/with-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { EventChains } from '../verify/event-chains.js';
import { Findings } from '../verify/findings.js';
import { PolicyFolds } from '../verify/policy-folds.js';

/** Reads a whole store, and reports what is damaged. */
export const verify: Command = {
  name: 'verify',
  section: 'Operate',
  summary: 'Checks the whole store: streams have no gaps, events are readable, and rows match the events.',
  details: [
    'Lists each problem and its place. Exit code 1 if there are any. Other programs may write meanwhile. To repair damaged rows, run rebuild; to repair damaged events, restore a backup.',
  ],
  options: { ...STORE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy verify --store sqlite:iam.db'],
  run: (run) => withStore(run, { purpose: 'look' }, (store) => verified(run, store)),
};

async function verified(run: Run, store: Store): Promise<ExitCode> {
  const { io } = run;
  const findings = new Findings();
  const [chains, folds] = [new EventChains(findings), new PolicyFolds(findings)];
  const bar = new Progress(io, 'Read');
  let events = 0;
  try {
    for await (const page of store.eventStore.readAll({ signal: io.interrupted })) {
      for (const event of page) {
        chains.take(event);
        folds.take(event);
      }
      bar.count((events += page.length), 'events');
    }
    io.interrupted.throwIfAborted();
    chains.end();
    await compareRows(store, folds, io.interrupted);
  } catch (caught) {
    const said = withRebuildAdvice(caught);
    if (said instanceof Failure) findings.add('the read model', said.message);
    else if (!isFault(said) || said.retryable) throw said;
    else findings.add(events === 0 ? 'the store' : `after ${counted(events, 'event')}`, said.message);
  }
  bar.end();
  const { count, shown } = findings;
  const read = { events, streams: chains.streams, policies: folds.policies };
  answer(
    run,
    () => ({ ...read, findings: shown, count }),
    (paint) => {
      const lines = shown.map(({ problem, where }) => `${paint('warning', plain(where))}: ${plain(problem)}\n`);
      const verdict = count === 0 ? 'No problems found.' : `${counted(count, 'finding')}.`;
      return `${lines.join('')}${counted(events, 'event')} in ${counted(read.streams, 'stream')}, ${policiesText(read.policies)}. ${verdict}\n`;
    },
  );
  return count === 0 ? EXIT.done : EXIT.refused;
}

async function compareRows(store: Store, folds: PolicyFolds, signal: AbortSignal): Promise<void> {
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await catchUpInMemory(store, loginPolicies, signal);
    await folds.compareRows(loginPolicies);
  } finally {
    await loginPolicies.close();
  }
}
