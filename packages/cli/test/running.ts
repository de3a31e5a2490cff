import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Io } from '@login-policy/cli';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openSqliteStore } from '@login-policy/store-sqlite';

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command finds around it, apart from its folder. */
export interface Around {
  readonly env?: Readonly<Record<string, string>>;
  /** What a person answers; without it there is nobody to ask. */
  readonly ask?: (question: string) => string | Promise<string>;
  /** Is told of all that is written to stderr. */
  readonly onErr?: (text: string) => void;
  /** Is told of all that is written to stdout. */
  readonly onOut?: (text: string) => void;
  readonly isTerminal?: boolean;
  readonly interrupted?: AbortSignal;
}

/** A folder with a store in it, on which commands are run in this process. */
export class Place {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), 'cli-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text);
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Works on the policies of a store in the folder, as a program that runs beside. */
  async policies<Result>(work: (policies: LoginPolicies) => Promise<Result>, file = 'iam.db'): Promise<Result> {
    await using store = await openSqliteStore({ path: this.path(file) });
    await using policies = await openLoginPolicies({ store });
    return await work(policies);
  }

  /** An instance with a default policy and one custom policy. */
  seed(file = 'iam.db'): Promise<void> {
    return this.policies(async (policies) => {
      orThrow(await policies.add(INSTANCE, freshInstance, { actor: 'setup', reason: 'first start' }));
      orThrow(await policies.customize(GLOBEX, { actor: 'alice' }));
    }, file);
  }

  /** Runs a command on the store `iam.db`, if it does not name another. */
  async run(line: string | readonly string[], around: Around = {}): Promise<Ran> {
    const { env, ask, onErr, onOut, isTerminal = false, interrupted = new AbortController().signal } = around;
    const [out, err]: [string[], string[]] = [[], []];
    const tell = (text: string): void => {
      err.push(text);
      onErr?.(text);
    };
    const answer = (text: string): void => {
      out.push(text);
      onOut?.(text);
    };
    const io: Io = {
      out: { isTerminal, write: answer },
      err: { isTerminal, write: tell },
      env: { LOGIN_POLICY_STORE: 'sqlite:iam.db', LOGIN_POLICY_ACTOR: 'operator', ...env },
      cwd: this.folder,
      ask:
        ask &&
        (async (question) => {
          tell(question);
          return await ask(question);
        }),
      interrupted,
    };
    const code = await run(typeof line === 'string' ? line.split(' ') : line, io);
    return { code, out: out.join(''), err: err.join('') };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

export const INSTANCE = { instanceId: 'iam' };
export const GLOBEX = { instanceId: 'iam', organizationId: 'globex' };
