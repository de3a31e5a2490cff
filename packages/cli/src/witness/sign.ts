import { resolve } from 'node:path';
import { treeHead, treeHeadFile, type GrowingTreeHead, type TreeHead } from '@login-policy/witness';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { writeWholeFile } from '../files/write-file.js';
import { counted } from '../output/counted.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import type { OpenedStore } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { withStore } from '../store/with-store.js';
import { differenceText } from './differences.js';
import { knownLeaves, needed, signerIn, treeHeadInIfAny } from './witness-files.js';

/** Signs the log as it is now. */
export const sign: Command = {
  name: 'witness sign',
  section: 'Witness',
  summary: 'Signs a tree head of the whole log into a file, and reads only what was recorded since the one before.',
  details: [
    'The file is a signed note that tools for C2SP checkpoints read. Copy it to where those who can write to the database can’t change it. Beside it, FILE.edge holds what it takes to read on from there.',
    'Nothing is signed where the log does not contain the tree head that is in the file: exit code 1.',
  ],
  options: {
    ...STORE_OPTIONS,
    'key-file': { placeholder: 'FILE', description: 'The secret key, from witness key.' },
    'tree-head': { placeholder: 'FILE', description: 'The file for the tree head. The one in it is the one before.' },
    leaves: {
      placeholder: 'FILE',
      description: 'Also keeps the hash of each event, 45 bytes each, so that check can name the one that differs.',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy witness sign --store sqlite:iam.db --key-file log.key --tree-head tree-head'],
  run: (invocation) => withStore(invocation, { purpose: 'read' }, (store) => signStore(invocation, store)),
};

async function signStore(invocation: Invocation, store: OpenedStore): Promise<ExitCode> {
  const { args, io } = invocation;
  const signer = await signerIn(needed(args, 'key-file', 'the secret key that signs.'), io);
  const file = needed(args, 'tree-head', 'the file for the tree head.');
  const previous = await treeHeadInIfAny(file, { publicKey: signer.publicKey }, io);
  const leavesFile = args.value('leaves');
  const known = leavesFile === undefined ? [] : await knownLeaves(leavesFile, io);
  const isReadOn = leavesFile === undefined || known.length === previous?.size;
  const added: string[] = [];
  const answer = await treeHead(store.eventStore, {
    signer,
    signal: io.interrupted,
    ...(previous && { previous: isReadOn ? previous : withoutEdge(previous) }),
    ...(leavesFile !== undefined && { onLeaf: (leaf: string) => added.push(leaf) }),
  });
  if (answer.outcome !== 'signed') {
    const text = await differenceText(answer, store);
    writeResult(
      invocation,
      () => answer,
      () => `${text}Nothing was signed.\n`,
    );
    return EXIT.refused;
  }
  const { edge: _, note: __, position: ___, ...shown } = answer.treeHead;
  if (leavesFile !== undefined) {
    const all = added.length === shown.size ? added : [...known, ...added];
    writeWholeFile(leavesFile, all.map((leaf) => `${leaf}\n`).join(''), io);
  }
  await treeHeadFile(resolve(io.cwd, file)).deliver(answer.treeHead, io.interrupted);
  writeResult(
    invocation,
    () => ({ outcome: 'signed', ...shown, added: shown.size - (previous?.size ?? 0) }),
    () => `Signed ${counted(shown.size, 'event')} of ${shown.origin}, root ${shown.root}.\n`,
  );
  return EXIT.done;
}

function withoutEdge({ note, origin, root, size }: TreeHead | GrowingTreeHead): TreeHead {
  return { note, origin, root, size };
}
