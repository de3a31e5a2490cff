import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe } from 'mocha';
import { run, type Io } from '@login-policy/cli';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { serve, TOKEN, type Served, type Serving } from './serving.js';

/** Where policies are looked at and changed: in a store, or over the API of a server that has one. */
export type Way = 'api' | 'store';

/** Commands that work on a store itself, or on none. */
const ON_A_STORE = [
  ...['verify', 'lag', 'rebuild', 'backup', 'migrate', 'copy', 'import'],
  ...['schema', 'reference', 'witness', '--help', '--version'],
];

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
  /** Of the API. Default: one that may do everything. */
  readonly token?: string;
  readonly interrupted?: AbortSignal;
}

/** The way of the tests that run. */
let wayNow: Way = 'store';

/** A folder with a store in it, on which commands are run in this process. */
export class Place {
  readonly folder: string;
  #way: Way | undefined;
  readonly #servers = new Map<string, Promise<Served>>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), 'cli-')));
  }

  /** From now on commands go that way, whichever tests run. */
  over(way: Way): void {
    this.#way = way;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Does to the store's file what no program of this library does. */
  tamper(sql: string): void {
    const database = new DatabaseSync(this.path('iam.db'));
    database.exec(sql);
    database.close();
  }

  /** Loses the first page of a table or an index, as a failing disk does. */
  async blank(name: string): Promise<void> {
    this.tamper('PRAGMA journal_mode = DELETE');
    const database = new DatabaseSync(this.path('iam.db'), { readOnly: true });
    const found = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name);
    database.close();
    const file = await open(this.path('iam.db'), 'r+');
    await file.write(Buffer.alloc(4096), 0, 4096, (Number(found?.['rootpage']) - 1) * 4096);
    await file.close();
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

  /** A server of the API on a store in the folder. */
  serve(file = 'iam.db', serving: Serving = {}): Promise<Served> {
    const served = this.#servers.get(file) ?? serve(this.path(file), serving);
    this.#servers.set(file, served);
    return served;
  }

  /** Runs a command on the store `iam.db`, or over the API of a server that has it, if it does not name another. */
  async run(line: string | readonly string[], around: Around = {}): Promise<Ran> {
    const {
      env,
      ask,
      onErr,
      onOut,
      isTerminal = false,
      token = TOKEN,
      interrupted = new AbortController().signal,
    } = around;
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
      env: { LOGIN_POLICY_STORE: 'sqlite:iam.db', LOGIN_POLICY_ACTOR: 'operator', LOGIN_POLICY_TOKEN: token, ...env },
      cwd: this.folder,
      ask:
        ask &&
        (async (question) => {
          tell(question);
          return await ask(question);
        }),
      interrupted,
    };
    const code = await run(await this.#argvOf(typeof line === 'string' ? line.split(' ') : line, io.env), io);
    return { code, out: out.join(''), err: err.join('') };
  }

  async #argvOf(argv: readonly string[], env: Io['env']): Promise<readonly string[]> {
    if (
      (this.#way ?? wayNow) === 'store' ||
      ON_A_STORE.includes(argv[0] ?? '') ||
      argv.some((word) => /^--(store|api)$/.test(word))
    )
      return argv;
    const { url } = await this.serve(/^sqlite:(.+)$/.exec(env['LOGIN_POLICY_STORE'] ?? '')?.[1]);
    return [...argv, '--api', url];
  }

  async remove(): Promise<void> {
    for (const served of this.#servers.values()) await (await served).close();
    this.#servers.clear();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const INSTANCE = { instanceId: 'iam' };
export const GLOBEX = { instanceId: 'iam', organizationId: 'globex' };

/** The same tests on a store, and over the API of a server that has it. */
export function describeBoth(title: string, tests: () => void): void {
  describeOver('store', title, tests);
  describeOver('api', `${title}, over the API`, tests);
}

function describeOver(way: Way, title: string, tests: () => void): void {
  describe(title, () => {
    beforeEach(() => {
      wayNow = way;
    });
    afterEach(() => {
      wayNow = 'store';
    });
    tests();
  });
}
