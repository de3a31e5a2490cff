import { orThrow, type InstanceRef, type LoginPolicies } from '@login-policy/domain';
import { parseInstance, parseOrganization, policyStream, type LoginPolicyRow } from '@login-policy/domain/model';
import { parsePosition, START, type Position, type StreamId } from '@login-policy/event-sourcing';
import type { ChangesFeed } from '../routes/changes-feed.js';

/** An organization's policy in the read model: its row, or that it is unreadable. */
export type KeptPolicy = LoginPolicyRow | 'unreadable';

/** The custom policies of an instance by the ids of their organizations. */
export type KeptPolicies = ReadonlyMap<string, KeptPolicy>;

/** The reads of the policies that are used here. */
interface Reads extends Pick<LoginPolicies, 'organizationsWithCustomPolicy'> {
  readonly readModel: Pick<LoginPolicies['readModel'], 'read'>;
}

interface Kept {
  readonly rows: Map<string, KeptPolicy>;
  /** Those that have changed since they were read. */
  readonly changed: Set<string>;
  /** The reads of this instance, one after another. */
  turn: Promise<void>;
  /** Whether all of them were read once. */
  isWhole: boolean;
}

const PAGE = 1000;

/**
 * A cache of each instance's custom policies: read once and then updated by the feed of changes, so that a list of ten
 * thousand organizations is sorted and searched without reading as many policies. It lags behind the store by the delay
 * of that feed.
 */
export class CustomPolicies {
  readonly #policies: Reads;
  readonly #instances = new Map<string, Kept>();
  /** The last change of which the feed has told. Each is told once, so rows that lack it would stay in the cache. */
  #told: Position = START;

  constructor(policies: Reads, feed: Pick<ChangesFeed, 'listen'>) {
    this.#policies = policies;
    feed.listen((news) => {
      if (news === 'reset') {
        this.#instances.clear();
        this.#told = START;
        return;
      }
      const last = news.at(-1);
      if (last !== undefined) this.#told = parsePosition(last.position);
      for (const { instanceId, organizationId } of news)
        if (organizationId !== undefined) this.#instances.get(instanceId)?.changed.add(organizationId);
    });
  }

  /**
   * The policies of an instance, with the default policy under `''`.
   *
   * @throws Fault as the read model does; what was not read is read the next time.
   */
  async of(instance: InstanceRef): Promise<KeptPolicies> {
    const kept = this.#keptOf(instance);
    const turn = kept.turn.catch(() => undefined).then(() => this.#readChanged(instance, kept));
    kept.turn = turn;
    await turn;
    return kept.rows;
  }

  /** The current rows of some organizations, with the default policy under `''`, in one snapshot. */
  async read({ instanceId }: InstanceRef, ids: Iterable<string>): Promise<KeptPolicies> {
    const streams = new Map<string, StreamId>([['', policyStream(parseInstance({ instanceId }, 'instance'))]]);
    for (const organizationId of ids)
      streams.set(organizationId, policyStream(parseOrganization({ instanceId, organizationId }, 'organization')));
    const { rows, unreadable } = await this.#policies.readModel.read([...streams.values()], { atLeast: this.#told });
    const found = new Map<string, KeptPolicy>();
    for (const [id, stream] of streams) {
      const row = unreadable.has(stream) ? 'unreadable' : rows.get(stream);
      if (row !== undefined) found.set(id, row);
    }
    return found;
  }

  #keptOf({ instanceId }: InstanceRef): Kept {
    const known = this.#instances.get(instanceId);
    if (known !== undefined) return known;
    const kept: Kept = { rows: new Map(), changed: new Set(), turn: Promise.resolve(), isWhole: false };
    this.#instances.set(instanceId, kept);
    return kept;
  }

  async #readChanged(instance: InstanceRef, kept: Kept): Promise<void> {
    if (!kept.isWhole) await this.#readAll(instance, kept);
    await this.#readDefault(instance, kept);
    const changed = [...kept.changed];
    for (let from = 0; from < changed.length; from += PAGE) {
      const ids = changed.slice(from, from + PAGE);
      // A policy that changes during the read is read once more.
      for (const id of ids) kept.changed.delete(id);
      await this.#keep(instance, kept, ids);
    }
  }

  /** Keeps the same row object while a row is unchanged, so that cached comparisons with it stay valid. */
  async #readDefault(instance: InstanceRef, { rows }: Kept): Promise<void> {
    const [before, now] = [rows.get(''), (await this.read(instance, [])).get('') ?? 'unreadable'];
    const isSame =
      typeof before === 'object' && typeof now === 'object' && before.changeInfo.eventId === now.changeInfo.eventId;
    if (!isSame) rows.set('', now);
  }

  async #readAll(instance: InstanceRef, kept: Kept): Promise<void> {
    let after: string | undefined;
    do {
      const options = { limit: PAGE, atLeast: this.#told, ...(after !== undefined && { after }) };
      const { organizations, next } = orThrow(await this.#policies.organizationsWithCustomPolicy(instance, options));
      await this.#keep(
        instance,
        kept,
        organizations.map(({ organizationId }) => organizationId),
      );
      after = next;
    } while (after !== undefined);
    kept.isWhole = true;
  }

  async #keep(instance: InstanceRef, kept: Kept, ids: readonly string[]): Promise<void> {
    try {
      const rows = await this.read(instance, ids);
      for (const id of ids) {
        const row = rows.get(id);
        if (row === undefined) kept.rows.delete(id);
        else kept.rows.set(id, row);
      }
    } catch (caught) {
      for (const id of ids) kept.changed.add(id);
      throw caught;
    }
  }
}
