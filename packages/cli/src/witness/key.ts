import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generateKey } from '@login-policy/witness';
import type { Command } from '../command-line/command.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { needed } from './witness-files.js';

/** Makes the key of a log. */
export const key: Command = {
  name: 'witness key',
  section: 'Witness',
  summary: 'Makes a key that signs tree heads, and prints its public key.',
  details: [
    'The name is the name of the log in every tree head, such as iam.example.com/log. Keep the file where those who can write to the database can’t read it, and give the public key to everybody who checks.',
  ],
  arguments: [{ name: 'NAME', description: 'The name of the log, without spaces.' }],
  options: {
    out: { placeholder: 'FILE', description: 'The new file for the secret key. It is never replaced.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy witness key iam.example.com/log --out log.key'],
  run(invocation) {
    const { args, io } = invocation;
    const file = needed(args, 'out', 'the file for the secret key.');
    const { publicKey, secretKey } = generateKey(args.requiredArgument('NAME'));
    try {
      writeFileSync(resolve(io.cwd, file), `${secretKey}\n`, { flag: 'wx', mode: 0o600 });
    } catch (cause) {
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      const problem = why === 'EEXIST' ? 'exists already, and a key is never replaced' : `can't be written: ${why}`;
      throw new Failure(EXIT.output, `${file} ${problem}.`, { cause });
    }
    writeResult(
      invocation,
      () => ({ publicKey }),
      () => `${publicKey}\n`,
    );
    return Promise.resolve(EXIT.done);
  },
};
