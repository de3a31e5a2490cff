import { readFile } from 'node:fs/promises';
import type { LoginPolicyView } from '@login-policy/domain';
import {
  ABSENT,
  decide,
  evolveAll,
  InvalidValue,
  isOrganization,
  NO_FACTS,
  parseCommand,
  parseOwner,
  type LoginPolicy,
  type LoginPolicyCommand,
  type Owner,
  type OwnerKind,
  type PolicyFound,
} from '@login-policy/domain/model';
import { Lru } from '@login-policy/event-sourcing';
import { CannotStart } from '../config.js';

const MOST_KNOWN = 1000;

/**
 * A change that is only reported on: what each policy would say with it is recorded beside each sign-in, and enforces
 * nothing.
 */
export class ReportOnly {
  readonly #change: unknown;
  readonly #known = new Lru<string, LoginPolicy | 'unknown'>(MOST_KNOWN);

  private constructor(change: unknown) {
    this.#change = change;
  }

  /** Reads the file of `IAM_REPORT_ONLY`: what `set` takes, such as `{"settings":{"forceMfa":true}}`. @throws CannotStart */
  static async read(path: string): Promise<ReportOnly> {
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new CannotStart(`IAM_REPORT_ONLY names ${path}, which can't be read.`, { cause });
    });
    try {
      const change: unknown = JSON.parse(text);
      setting(parseOwner({ instanceId: 'any' }, 'owner'), change);
      return new ReportOnly(change);
    } catch (cause) {
      const why = cause instanceof InvalidValue ? cause.message : 'it is not JSON.';
      throw new CannotStart(`IAM_REPORT_ONLY names ${path}, which is not a policy: ${why}`, { cause });
    }
  }

  /** A policy with the change; `undefined` for one that it can't be made to. */
  over({ policy }: PolicyFound): LoginPolicy | undefined {
    const known = this.#known.get(policy.eventId) ?? this.#find(policy);
    this.#known.set(policy.eventId, known);
    return known === 'unknown' ? undefined : known;
  }

  #find(view: LoginPolicyView): LoginPolicy | 'unknown' {
    const { identityProviders, multiFactors, owner, secondFactors, settings } = view;
    try {
      const policy = { settings, secondFactors, multiFactors, identityProviders };
      const before = decided(owner, parseCommand({ type: 'add', policy }, owner), ABSENT);
      return decided(owner, setting(owner, this.#change), before);
    } catch {
      return 'unknown';
    }
  }
}

function setting(owner: Owner, policy: unknown): LoginPolicyCommand {
  return parseCommand({ type: 'set', policy }, owner);
}

/** @throws Error for a command that is refused */
function decided(owner: Owner, command: LoginPolicyCommand, policy: LoginPolicy): LoginPolicy {
  const kind: OwnerKind = isOrganization(owner) ? 'organization' : 'instance';
  const decision = decide(command, policy, { owner: kind, facts: { ...NO_FACTS, fallback: ABSENT } });
  if (decision.outcome === 'accepted') return evolveAll(policy, decision.events, kind);
  throw new Error(decision.rejection.reason);
}
