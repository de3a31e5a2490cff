import { proveConsistency, proveEvent, type ProofAnswer } from '@login-policy/witness';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { writeWholeFile } from '../files/write-file.js';
import type { OpenedStore } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { withStore } from '../store/with-store.js';
import { differenceText } from './differences.js';
import { keysIn, needed, PUBLIC_KEY, treeHeadIn } from './witness-files.js';

/** Proves what a tree head contains. */
export const prove: Command = {
  name: 'witness prove',
  section: 'Witness',
  summary: 'Writes a proof that an event is in the log of a tree head, or that an older tree head is its beginning.',
  details: [
    'The proof of an event holds the event, hashes and the signed tree head (c2sp.org/tlog-proof). It is checked offline, by witness verify or by verify.py of @login-policy/witness. history --json shows the ids of events.',
  ],
  arguments: [{ name: 'EVENT', description: 'The id of the event.', isOptional: true }],
  options: {
    ...STORE_OPTIONS,
    'tree-head': { placeholder: 'FILE', description: 'The tree head.' },
    from: { placeholder: 'FILE', description: 'Instead of an event: the older tree head.' },
    ...PUBLIC_KEY,
    'without-texts': { description: 'Leaves the texts of actor and reason out of the proof.' },
    out: { placeholder: 'FILE', description: 'Writes the proof into a file. Default: to stdout.' },
  },
  examples: [
    'login-policy witness prove 01JDQ5Z9W6T1N8C2M4X7R3B0KE --tree-head tree-head --public-key "$KEY" --out event.tlog-proof',
    'login-policy witness prove --from tree-head-of-march --tree-head tree-head --public-key "$KEY"',
  ],
  run: (invocation) => withStore(invocation, { purpose: 'read' }, (store) => proveOf(invocation, store)),
};

async function proveOf(invocation: Invocation, store: OpenedStore): Promise<ExitCode> {
  const { args, io } = invocation;
  const answer = await answerOf(invocation, store);
  switch (answer.outcome) {
    case 'proved': {
      const out = args.value('out');
      if (out === undefined) io.out.write(answer.proof);
      else writeWholeFile(out, answer.proof, io);
      return EXIT.done;
    }
    case 'not-found':
      throw new Failure(EXIT.refused, 'The event is not in the log of this tree head: it is newer, or of another log.');
    case 'shorter':
    case 'differs':
      throw new Failure(EXIT.refused, (await differenceText(answer, store)).trimEnd());
  }
}

async function answerOf({ args, io }: Invocation, { eventStore }: OpenedStore): Promise<ProofAnswer> {
  const [eventId, from, keys] = [args.argument('EVENT'), args.value('from'), keysIn(args)];
  if ((eventId === undefined) === (from === undefined))
    throw new Failure(EXIT.usage, 'Give the id of an event, or --from with an older tree head.');
  const treeHead = await treeHeadIn(needed(args, 'tree-head', 'the tree head.'), keys, io);
  const { interrupted: signal } = io;
  if (eventId !== undefined)
    return proveEvent(eventStore, { eventId, treeHead, showsTexts: !args.flag('without-texts'), signal });
  const older = await treeHeadIn(from ?? '', keys, io);
  if (older.size > treeHead.size) throw new Failure(EXIT.usage, '--from must be the older tree head.');
  return proveConsistency(eventStore, { older, newer: treeHead, signal });
}
