import type { NewLoginPolicy, OwnerRef, Preview } from '@login-policy/domain';
import type { LockOut } from '@login-policy/domain/model';
import { Failure } from '../failure.js';
import { listedAll } from '../store/listed-all.js';
import type { Session } from '../store/session.js';
import { pathOfField, type PoliciesFile, type WantedPolicy } from './policies-file.js';

/** One policy that differs from what is wanted. */
export interface Difference {
  readonly owner: OwnerRef;
  readonly command: PlannedCommand;
  readonly preview: Preview;
}

/** What a plan can do to a policy. */
export type PlannedCommand = { readonly type: 'set'; readonly policy: NewLoginPolicy } | { readonly type: 'remove' };

/** A policy that would refuse what is wanted. */
export interface Refusal {
  readonly owner: OwnerRef;
  readonly message: string;
}

/** All that differs between what is there and what a file wants. */
export interface Differences {
  readonly differences: readonly Difference[];
  readonly refusals: readonly Refusal[];
}

/** Compares a file with what is there, by looking ahead at the command for each policy. @throws Failure with the place in the file. */
export async function differencesOf(
  session: Session,
  wantedFile: PoliciesFile,
  acknowledge: readonly LockOut[],
): Promise<Differences> {
  const custom = new Set(await listedAll(session));
  const comparison = new Comparison(session, wantedFile, acknowledge);
  for (const wanted of wantedFile.wanted) await comparison.compare(wanted, custom);
  if (wantedFile.unlisted === 'keep') return comparison;
  const listed = new Set(wantedFile.wanted.map(({ organizationId }) => organizationId));
  for (const organizationId of custom) if (!listed.has(organizationId)) await comparison.remove(organizationId);
  return comparison;
}

/** A comparison while it is made. */
class Comparison implements Differences {
  readonly differences: Difference[] = [];
  readonly refusals: Refusal[] = [];
  readonly #session: Session;
  readonly #wantedFile: PoliciesFile;
  readonly #acknowledge: readonly LockOut[];

  constructor(session: Session, wantedFile: PoliciesFile, acknowledge: readonly LockOut[]) {
    this.#session = session;
    this.#wantedFile = wantedFile;
    this.#acknowledge = acknowledge;
  }

  async compare(wanted: WantedPolicy, custom: ReadonlySet<string>): Promise<void> {
    const owner = this.#ownerOf(wanted);
    const { organizationId, policy } = wanted;
    if (policy !== 'default') return this.#look(owner, { type: 'set', policy }, wanted);
    if (organizationId !== undefined && custom.has(organizationId)) await this.#look(owner, { type: 'remove' });
  }

  remove(organizationId: string): Promise<void> {
    return this.#look({ ...this.#session.instance, organizationId }, { type: 'remove' });
  }

  async #look(owner: OwnerRef, command: PlannedCommand, wanted?: WantedPolicy): Promise<void> {
    const conditions = { acknowledge: this.#acknowledge };
    const preview = await this.#session.loginPolicies.preview(owner, command, conditions);
    if (preview.outcome === 'found') {
      if (preview.events.length > 0) this.differences.push({ owner, command, preview });
      return;
    }
    const { rejection, message } = preview;
    if (rejection.reason === 'invalid-argument' && wanted !== undefined)
      throw this.#wantedFile.file.failure(pathOfField(wanted, rejection.field), message);
    this.refusals.push({ owner, message });
  }

  #ownerOf({ organizationId, path }: WantedPolicy): OwnerRef {
    if (organizationId === undefined) return this.#session.instance;
    try {
      return this.#session.organization(organizationId);
    } catch (caught) {
      if (caught instanceof Failure) throw this.#wantedFile.file.failure(path, caught.message);
      throw caught;
    }
  }
}
