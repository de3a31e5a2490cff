import type { Caller } from '@login-policy/api';
import { MULTI_FACTORS, orThrow, SECOND_FACTORS, type InstanceRef, type LoginPolicies } from '@login-policy/domain';
import type { LoginPolicyRow } from '@login-policy/domain/model';
import { z } from 'zod';
import type { Instances } from '../accounts/instances.js';
import type { CustomPolicies, KeptPolicy } from '../directory/custom-policies.js';
import { entryOf, SORTS, tableOf, type TableEntry, type TableQuery } from '../directory/organization-table.js';
import { WAYS_IN } from '../directory/weakest-way-in.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { noInstance } from '../http/refusal.js';
import { parsedQuery, whole } from './query.js';

const MOST_ROWS = 100;
const MOST_IDS = 100;
const MOST_REMEMBERED = 10_000;

const yesOrNo = z
  .enum(['yes', 'no'])
  .default('no')
  .transform((answer) => answer === 'yes');
const parameters = z.strictObject({
  search: z.string().max(200).default(''),
  policy: z.enum(['any', 'default', 'custom']).default('any'),
  allowing: z.enum([...MULTI_FACTORS, ...SECOND_FACTORS]).optional(),
  attention: yesOrNo,
  weakest: z.enum([...WAYS_IN, 'none']).optional(),
  weaker: yesOrNo,
  sort: z.enum(SORTS).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  offset: whole.default(0),
  limit: whole.pipe(z.int().min(1).max(MOST_ROWS)).default(50),
  ids: z.array(z.string().max(200)).max(MOST_IDS).default([]),
});

/** A page of the organizations with what is known about their policies, searched, filtered and sorted on the server. */
export class OrganizationTableRoute {
  readonly #instances: Instances;
  readonly #policies: LoginPolicies;
  readonly #custom: CustomPolicies;
  /** Cached, because the actor of an event never changes. */
  readonly #actors = new Map<string, string>();

  constructor(instances: Instances, policies: LoginPolicies, custom: CustomPolicies) {
    this.#instances = instances;
    this.#policies = policies;
    this.#custom = custom;
  }

  /** The shown content of rows was read at `readAt`; the selection may lag by the delay of the feed of changes. */
  async show(exchange: Exchange, { instanceId }: Caller): Promise<void> {
    const served = this.#instances.of(exchange.headers);
    if (served === undefined) throw noInstance();
    const query: TableQuery = parsedQuery(parameters, exchange.query, { id: 'ids' });
    const instance = { instanceId };
    const directory = await this.#instances.organizations(served);
    const { entries, total, counts } = tableOf(directory, await this.#custom.of(instance), query);
    const readAt = new Date().toISOString();
    const now = await this.#custom.read(
      instance,
      entries.map(({ id }) => id),
    );
    const organizations = await Promise.all(
      entries.map(async (one) => ({
        ...rowOf(entryOf(one, now)),
        ...(await this.#lastChange(instance, one.id, now.get(one.id))),
      })),
    );
    sendJson(exchange, { readAt, total, counts, offset: query.offset, organizations });
  }

  async #lastChange({ instanceId }: InstanceRef, organizationId: string, row: KeptPolicy | undefined): Promise<object> {
    if (row === undefined || row === 'unreadable') return {};
    const by = await this.#actorOf({ instanceId, organizationId }, row);
    const { changedAt, revision } = row.changeInfo;
    return { changeDate: new Date(Number(changedAt)).toISOString(), sequence: String(revision + 1n), changedBy: by };
  }

  /** `undefined` when it was changed again since its row was read. */
  async #actorOf(
    organization: { readonly instanceId: string; readonly organizationId: string },
    { changeInfo: { eventId } }: LoginPolicyRow,
  ): Promise<string | undefined> {
    const known = this.#actors.get(eventId);
    if (known !== undefined) return known;
    const { entries } = orThrow(await this.#policies.history(organization, { direction: 'backwards', limit: 1 }));
    const last = entries[0];
    if (last?.eventId !== eventId) return undefined;
    const [oldest] = this.#actors.keys();
    if (this.#actors.size >= MOST_REMEMBERED && oldest !== undefined) this.#actors.delete(oldest);
    this.#actors.set(eventId, last.actor);
    return last.actor;
  }
}

function rowOf({ id, name, isCustom, isReadable, differs, warnings, weakest }: TableEntry): object {
  return { id, name, isCustom, isReadable, differs, warnings, weakest };
}
