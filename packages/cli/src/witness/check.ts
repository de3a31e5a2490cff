import { checkLog, type CheckAnswer } from '@login-policy/witness';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { counted } from '../output/counted.js';
import { printable } from '../output/printable.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import type { OpenedStore } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { withStore } from '../store/with-store.js';
import { differenceText } from './differences.js';
import { inFile, keysIn, leavesIn, PUBLIC_KEY, treeHeadIn } from './witness-files.js';

/** Compares the log with tree heads. */
export const check: Command = {
  name: 'witness check',
  section: 'Witness',
  summary: 'Says whether the log still contains the history of older tree heads, and otherwise where it first differs.',
  details: [
    'Reads the whole log. Exit code 1 if it does not contain them: it differs, or it is shorter, as a restored backup is; and if texts were erased without a record. Each tree head, and FILE.edge beside it if it is there, narrow down the place of a difference; --leaves names the event.',
  ],
  options: {
    ...STORE_OPTIONS,
    'tree-head': {
      placeholder: 'FILE',
      description: 'An older tree head of this log. May be repeated.',
      isRepeatable: true,
    },
    ...PUBLIC_KEY,
    leaves: { placeholder: 'FILE', description: 'The hashes of the largest tree head’s events, from witness sign.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy witness check --store sqlite:iam.db --tree-head tree-head --public-key "$KEY"'],
  run: (invocation) => withStore(invocation, { purpose: 'read' }, (store) => checkStore(invocation, store)),
};

async function checkStore(invocation: Invocation, store: OpenedStore): Promise<ExitCode> {
  const { args, io } = invocation;
  const [keys, files, leavesFile] = [keysIn(args), args.values('tree-head'), args.value('leaves')];
  if (files.length === 0) throw new Failure(EXIT.usage, 'Give --tree-head: an older tree head of this log.');
  const treeHeads = await Promise.all(files.map((file) => treeHeadIn(file, keys, io)));
  const leaves = leavesFile === undefined ? undefined : await leavesIn(leavesFile, io);
  const answer = await inFile(leavesFile ?? '--tree-head', () =>
    checkLog(store.eventStore, { treeHeads, signal: io.interrupted, ...(leaves && { leaves }) }),
  );
  const text = answer.outcome === 'contained' ? containedText(answer, treeHeads) : await differenceText(answer, store);
  writeResult(
    invocation,
    () => answer,
    () => text,
  );
  return answer.outcome === 'contained' && answer.erasedUnrecorded.length === 0 ? EXIT.done : EXIT.refused;
}

function containedText(
  { erasedUnrecorded, size }: CheckAnswer & { outcome: 'contained' },
  treeHeads: readonly { readonly size: number }[],
): string {
  const newer = size - Math.max(...treeHeads.map((one) => one.size));
  const all = treeHeads.length === 1 ? 'the tree head' : `all ${treeHeads.length} tree heads`;
  const contained = `The log contains the history of ${all}: ${counted(size, 'event')}, ${newer} of them newer.\n`;
  if (erasedUnrecorded.length === 0) return contained;
  return `${contained}Texts were erased, and no event says so: ${printable(erasedUnrecorded.join(', '))}.\n`;
}
