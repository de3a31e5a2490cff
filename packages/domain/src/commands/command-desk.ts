import type { CommandHandler } from '@login-policy/event-sourcing';
import { NOBODY, onDefault, type Affected, type OrganizationList } from '../reads/affected.js';
import { answering, fromHandled, invalidArgument, refused } from '../reads/answering.js';
import type { CommandAnswer, ReadAnswer } from '../reads/answers.js';
import { parseCommandOptions, type CommandInput } from './command-input.js';
import type { LoginPolicyCommand } from './commands.js';
import { lastSequenceOf } from '../reads/details.js';
import { diffPolicies } from '../reads/diff.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { evolveAll } from './evolve.js';
import type { PolicyFacts } from './facts.js';
import { ABSENT, type LoginPolicy } from '../policy/login-policy.js';
import {
  instanceOf,
  isOrganization,
  ownerKind,
  parseOwner,
  policyStream,
  type Instance,
  type Owner,
} from '../policy/owner.js';
import type { PolicyState } from './policy-state.js';
import { parseCommand } from './parse-command.js';
import { parsePreview, type Preview } from '../reads/preview.js';
import type { ParsedRead } from '../reads/read-input.js';
import type { PolicyRejection } from './rejections.js';
import { warningsOf } from './warnings.js';

type Handler = CommandHandler<LoginPolicyCommand, LoginPolicyEvent, PolicyState, PolicyRejection, PolicyFacts>;

/** What a preview has to know besides the policy itself. */
export interface PreviewSources {
  readonly organizations: OrganizationList | undefined;
  /** The instance's policy as it is now. */
  readonly defaultPolicy: (instance: Instance, read: ParsedRead) => Promise<LoginPolicy>;
  /** The ids of an instance's organizations that have a custom policy. */
  readonly customized: (instance: Instance, read: ParsedRead) => Promise<ReadonlySet<string>>;
}

/** Takes commands as callers give them: checks the input, then has them decided, and recorded or only looked at. */
export class CommandDesk {
  readonly #handler: Handler;
  readonly #sources: PreviewSources;

  constructor(handler: Handler, sources: PreviewSources) {
    this.#handler = handler;
    this.#sources = sources;
  }

  async carryOut(given: unknown, input: CommandInput, options: unknown): Promise<CommandAnswer> {
    try {
      const owner = parseOwner(given, 'owner');
      const command = parseCommand(input, owner);
      const context = parseCommandOptions(options);
      return fromHandled(await this.#handler.handle(policyStream(owner), command, context), owner);
    } catch (caught) {
      return invalidArgument(caught);
    }
  }

  preview(given: unknown, input: unknown, options: unknown): Promise<ReadAnswer<Preview>> {
    return answering(
      () => {
        const owner = parseOwner(given, 'owner');
        return { owner, command: parseCommand(input, owner), ...parsePreview(options) };
      },
      async ({ owner, command, context, read }) => {
        const considered = await this.#handler.consider(policyStream(owner), command, context);
        if (considered.outcome === 'rejected') return refused(considered, owner);
        const { policy, marks } = considered.state;
        const steps = { before: policy, after: evolveAll(policy, considered.events, ownerKind(owner)) };
        const outlook = await this.#outlook(owner, steps, read);
        return { outcome: 'found', sequence: lastSequenceOf(marks), events: considered.events, ...outlook };
      },
    );
  }

  /** What the owner's users would meet: where it has, or would have, no policy of its own, that is the default. */
  async #outlook(
    owner: Owner,
    { before, after }: { readonly before: LoginPolicy; readonly after: LoginPolicy },
    read: ParsedRead,
  ): Promise<Pick<Preview, 'changes' | 'warnings' | 'affected'>> {
    const fallback =
      isOrganization(owner) && (before.stage === 'absent' || after.stage === 'absent')
        ? await this.#sources.defaultPolicy(instanceOf(owner), read)
        : ABSENT;
    const met = after.stage === 'absent' ? fallback : after;
    const changes = diffPolicies(before.stage === 'absent' ? fallback : before, met);
    const affected = changes.length === 0 ? NOBODY : await this.#affected(owner, read);
    return { changes, warnings: warningsOf(met), affected };
  }

  async #affected(owner: Owner, read: ParsedRead): Promise<Affected> {
    if (isOrganization(owner)) return { organizations: [owner], count: 1 };
    const { organizations, customized } = this.#sources;
    return onDefault(owner, organizations, organizations === undefined ? new Set() : await customized(owner, read));
  }
}
