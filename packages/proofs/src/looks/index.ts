import { isDeepStrictEqual } from 'node:util';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshInstance, openLoginPolicies, orThrow, type CommandInput, type LoginPolicies } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import fc from 'fast-check';
import { openStore } from '../open-store.js';
import type { Proof, ProofOptions } from '../proof.js';
import { withServerOf } from '../with-server.js';
import { carryOutAll, type Change } from './changes.js';
import { withOtherProcess, type Others } from './others.js';

const PASSKEY = 'U2F_WITH_VERIFICATION';
const by = { actor: 'who looked' };

const anyCommand = fc.oneof(
  fc.boolean().map((forceMfa): CommandInput => ({ type: 'change', settings: { forceMfa } })),
  fc.constantFrom<CommandInput>(
    { type: 'customize' },
    { type: 'remove' },
    { type: 'set', policy: { settings: { hidePasswordReset: true } } },
    { type: 'set', policy: { secondFactors: ['U2F'] } },
    { type: 'removeMultiFactor', factor: PASSKEY },
    { type: 'addMultiFactor', factor: PASSKEY },
  ),
);
const plain = { noNullPrototype: true };
const anyChange = fc.record({ isDefault: fc.boolean(), command: anyCommand }, plain);
/** Commands of others before a look, after it, and at the same time as its command. */
const anyRun = fc.record(
  {
    earlier: fc.array(anyChange, { maxLength: 3 }),
    mine: anyChange,
    between: fc.array(anyChange, { maxLength: 2 }),
    beside: fc.array(anyChange, { maxLength: 2 }),
  },
  plain,
);
type AnyChange = typeof anyChange extends fc.Arbitrary<infer Value> ? Value : never;
type AnyRun = typeof anyRun extends fc.Arbitrary<infer Value> ? Value : never;

/** Looks and commands of one process, and the commands of another. */
export const looks: Proof = {
  name: 'looks',
  promise:
    'whatever another process changes between a look and its command, on every store: what was carried out is what was shown, or it is refused because of a change',
  rounds: 300,
  prove,
};

async function prove(options: ProofOptions): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const figures: Record<string, number> = {};
  const onUrl = async (name: string, url: string): Promise<void> => {
    const store = await openStore(url);
    try {
      await withOtherProcess(url, (others) => onStore({ name, store, others }, options, figures));
    } finally {
      await store.close();
    }
  };
  try {
    const store = openMemoryStore();
    const beside = await openLoginPolicies({ store });
    await onStore({ name: 'memory', store, others: (changes) => carryOutAll(beside, changes) }, options, figures);
    await onUrl('SQLite', `sqlite:${join(folder, 'store.db')}`);
    await withServerOf('store-postgres', (url) => onUrl('PostgreSQL', url));
    await withServerOf('store-eventstoredb', (url) => onUrl('EventStoreDB', url));
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Subject {
  readonly name: string;
  readonly store: Store;
  readonly others: Others;
}

async function onStore(
  { name, store, others }: Subject,
  { rounds, seed }: ProofOptions,
  figures: Record<string, number>,
): Promise<void> {
  const policies = await openLoginPolicies({ store, maxAgeMs: 0 });
  let [count, done, refused] = [0, 0, 0];
  const round = async (run: AnyRun): Promise<void> => {
    const look = new Look(policies, others, { run, instanceId: `${seed}-${count++}` });
    const outcome = await look.carryOut({ isDefaultLookedUp: name === 'EventStoreDB' });
    if (outcome === 'done') done++;
    if (outcome === 'refused') refused++;
  };
  try {
    await fc.assert(fc.asyncProperty(anyRun, round), { numRuns: rounds, seed, endOnFailure: true });
  } catch (caught) {
    throw new Error(`on ${name}: ${String(caught)}`, { cause: caught });
  } finally {
    await policies.close();
  }
  Object.assign(figures, { [`carried out on ${name}`]: done, [`refused on ${name}`]: refused });
}

/** A look, its command, and what others do meanwhile, on policies of their own. */
class Look {
  readonly #policies: LoginPolicies;
  readonly #others: Others;
  readonly #run: AnyRun;
  readonly #instance: { readonly instanceId: string };

  constructor(
    policies: LoginPolicies,
    others: Others,
    { run, instanceId }: { readonly run: AnyRun; readonly instanceId: string },
  ) {
    [this.#policies, this.#others, this.#run, this.#instance] = [policies, others, run, { instanceId }];
  }

  /** @throws Error when something else was carried out than was shown, or refused without a change. */
  async carryOut({
    isDefaultLookedUp,
  }: {
    readonly isDefaultLookedUp: boolean;
  }): Promise<'done' | 'nothing' | 'refused'> {
    const { beside, between, earlier, mine } = this.#run;
    const { owner, command } = this.#changeOf(mine);
    orThrow(await this.#policies.add(this.#instance, freshInstance, by));
    await this.#others(earlier.map((one) => this.#changeOf(one)));
    const shown = await previewCommand(this.#policies, owner, command);
    if (shown.outcome === 'rejected') return 'nothing';
    const look = orThrow(await this.#policies.policy(this.#instance)).policy.position;
    const recordedBetween = await this.#others(between.map((one) => this.#changeOf(one)));
    const [answer, recordedBeside] = await Promise.all([
      this.#policies.execute(owner, command, { ...by, ifSeen: shown.seen }),
      this.#others(beside.map((one) => this.#changeOf(one))),
    ]);
    if (answer.outcome === 'rejected') {
      const [{ reason }, changes] = [answer.rejection, recordedBetween + recordedBeside];
      if (reason !== 'changed-since' || changes === 0)
        throw new Error(`refused with ${reason}, after ${changes} changes`);
      return 'refused';
    }
    demandSame('recorded', withoutIds(answer.events), withoutIds(shown.events));
    if (answer.events.length === 0) return 'nothing';
    const span = { from: { position: look }, to: { position: answer.position } };
    // There the default is looked up just before the append, not in it (docs/guarantees.md#known-exceptions).
    const isOpen = isDefaultLookedUp && !mine.isDefault && beside.some(({ isDefault }) => isDefault);
    if (!isOpen) demandSame('changed', orThrow(await this.#policies.diff(owner, span)).changes, shown.changes);
    return 'done';
  }

  #changeOf({ isDefault, command }: AnyChange): Change {
    return { owner: isDefault ? this.#instance : { ...this.#instance, organizationId: 'acme' }, command };
  }
}

function withoutIds(events: readonly { readonly type: string; readonly data: object }[]): readonly object[] {
  return events.map(({ type, data }) => ({ type, data }));
}

function demandSame(what: string, actual: unknown, shown: unknown): void {
  if (!isDeepStrictEqual(actual, shown))
    throw new Error(`${what} was ${JSON.stringify(actual)}, and shown was ${JSON.stringify(shown)}`);
}
