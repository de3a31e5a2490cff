import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshInstance, openLoginPolicies } from '@login-policy/domain';
import { openStore } from '../open-store.js';
import type { ProofOptions, Proof } from '../proof.js';
import { demandRowsMatchLog } from '../rows-match-log.js';

const PROCESSES = 3;
const OPENING = fileURLToPath(new URL('opening.js', import.meta.url));
const instance = { instanceId: 'proof' };

/** The README's code in three processes on one store. */
export const defaults: Proof = {
  name: 'defaults',
  promise:
    'three processes that open one store with default options write, read, rebuild, close and reopen it: no read model ' +
    'stops, no read returns half of a command, the default in place of a custom policy, or less than it requires, and ' +
    'at the end the rows equal the fold',
  rounds: 150,
  prove,
};

async function prove(options: ProofOptions): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const configured = process.env['PROOF_STORE'];
  const url = configured ?? `sqlite:${join(folder, 'store.db')}`;
  try {
    const store = await openStore(url);
    const policies = await openLoginPolicies({ store });
    await policies.add(instance, freshInstance, { actor: 'proof' });
    const { commands, reads } = await runProcesses(url, options);
    const organizations = await demandRowsMatchLog(policies, instance);
    await policies.close();
    await store.close();
    return { processes: PROCESSES, commands, reads, organizations };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the processes, and tells each what the others wrote. */
async function runProcesses(url: string, { rounds, seed }: ProofOptions): Promise<{ commands: number; reads: number }> {
  const counted = { commands: 0, reads: 0 };
  const children = Array.from({ length: PROCESSES }, (_, number) =>
    fork(OPENING, [url, String(number), String(rounds), String(seed)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  for (const child of children) {
    child.on('message', (message: object) => {
      if ('reads' in message) counted.reads += Number(message.reads);
      else {
        counted.commands += 1;
        for (const other of children) if (other !== child && other.connected) other.send(message, ignoreGone);
      }
    });
  }
  const codes = await Promise.all(children.map(exitCode));
  if (codes.some((code) => code !== 0)) throw new Error(`the processes ended with ${codes.join(', ')}; see above`);
  return counted;
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** A process may end while it is written to. */
function ignoreGone(): void {}
