import { randomUUID } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

/** A password to verify. Without a hash (for an unknown name) it takes the same time and is wrong. */
export interface Question {
  readonly passwordHash: string | undefined;
  readonly password: string;
}

/** Whether the password was right, or why it could not be verified. */
export type Verdict = { readonly isRight: boolean } | { readonly problem: string };

const nobodysHash = hashSync(randomUUID());

parentPort?.on('message', (question: Question) => parentPort?.postMessage(verdictOn(question)));

function verdictOn({ passwordHash, password }: Question): Verdict {
  // Of some users nobody knows the password: what is stored in its place is not a hash.
  const isHash = passwordHash?.startsWith('$argon2') === true;
  try {
    return { isRight: verifySync(isHash ? passwordHash : nobodysHash, password) && isHash };
  } catch (caught) {
    return { problem: String(caught) };
  }
}
