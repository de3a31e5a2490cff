import { verifyProof } from '@login-policy/witness';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readTextFile } from '../files/read-file.js';
import { printable } from '../output/printable.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { keysIn, PUBLIC_KEY } from './witness-files.js';

/** Checks a proof. */
export const verifyProofFile: Command = {
  name: 'witness verify',
  section: 'Witness',
  summary: 'Checks a proof offline, without the store: what it proves, or why it proves nothing. Exit code 1 then.',
  arguments: [{ name: 'PROOF', description: 'The file with the proof.' }],
  options: {
    ...PUBLIC_KEY,
    from: { placeholder: 'FILE', description: 'The older tree head, for a proof of consistency.' },
    witness: {
      placeholder: 'KEY',
      description: 'The public key of a witness that must have cosigned. May be repeated.',
      isRepeatable: true,
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy witness verify event.tlog-proof --public-key "$KEY"'],
  run: verifyOf,
};

async function verifyOf(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const from = args.value('from');
  const answer = verifyProof(await readTextFile(args.requiredArgument('PROOF'), io), {
    ...keysIn(args),
    witnesses: args.values('witness'),
    ...(from !== undefined && { older: await readTextFile(from, io) }),
  });
  writeResult(
    invocation,
    () => answer,
    () => {
      if (answer.outcome === 'refused') return `Not proved: ${printable(answer.problem)}\n`;
      const { treeHead } = answer;
      const signed = [treeHead.origin, ...treeHead.cosigners].join(', ');
      if (answer.kind === 'consistency')
        return `Proved: the log of ${answer.older.size} events is the beginning of that of ${treeHead.size}. Signed by ${signed}.\n`;
      const event = JSON.stringify({ ...Object(answer.event), ...answer.texts }, undefined, 2);
      const lines = event.split('\n').map(printable).join('\n');
      return `Proved: event ${answer.index + 1} of the log of ${treeHead.size} events. Signed by ${signed}.\n${lines}\n`;
    },
  );
  return answer.outcome === 'refused' ? EXIT.refused : EXIT.done;
}
