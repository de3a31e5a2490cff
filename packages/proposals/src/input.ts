import type { Acknowledgement } from '@login-policy/domain';
import {
  InvalidValue,
  optional,
  parseId,
  parseInstance,
  parseInstantInput,
  parseObject,
  parseProse,
  parseSignal,
  parseWait,
  type Instance,
  type InstantInput,
  type Parser,
} from '@login-policy/domain/model';
import type { Freshness, Position } from '@login-policy/event-sourcing';
import { changeIn, parseAcknowledge, parseAllSeen } from './change.js';
import type { Propose } from './decide.js';
import type { Person } from './proposal.js';

/** Who acts. */
export interface ByOptions {
  /** The id of the user or machine. */
  readonly actor: string;
  /**
   * The person behind it: the same for all their accounts, tokens and sessions. Nobody approves what the same subject
   * proposed. Default: `actor`.
   */
  readonly subject?: string;
  readonly signal?: AbortSignal;
}

/** Who proposes, why, and for when. */
export interface ProposeOptions extends ByOptions {
  /** Why, for those who approve and for every history: up to 1,500 characters. */
  readonly reason: string;
  /** 1 to 100 letters, digits, `-`, `_` or `.`. Default: a new ULID. The same proposal again under its id is one. */
  readonly id?: string;
  /** Carried out at this instant, by the store's clock. Default: as soon as it is approved. */
  readonly at?: InstantInput;
  /** Taken back at this instant. Default: never. */
  readonly until?: InstantInput;
  /** No longer asked from then on. Default: 30 days after now, or after `at`; not after `until`. */
  readonly expiresAt?: InstantInput;
  /** What the guard lets pass, as for the command. */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** Who carries out an emergency, and why. */
export type EmergencyOptions = Omit<ProposeOptions, 'at' | 'expiresAt'>;

/** Who approves. */
export interface ApproveOptions extends ByOptions {
  readonly reason?: string;
  /** The `seen` of what the approver looked at: `now.seen` of the proposal. */
  readonly seen: readonly string[];
}

/** Who rejects or withdraws, and why. */
export interface CloseOptions extends ByOptions {
  readonly reason?: string;
}

/** How fresh a read must be. */
export interface ReadOptions {
  readonly atLeast?: Position;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** Which proposals to list. */
export interface ListOptions extends ReadOptions {
  /** `waiting`: only those still to be decided, carried out or taken back. Default: `all`. */
  readonly which?: 'all' | 'waiting';
  /** Only those about this organization alone. */
  readonly organizationId?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** Who acts, checked. */
export interface ParsedBy {
  readonly person: Person;
  readonly reason: string | undefined;
  readonly signal: AbortSignal | undefined;
}

const BY = ['actor', 'subject', 'reason', 'signal'];
const DATES = ['at', 'until', 'expiresAt'] as const;
const LONGEST_REASON = 1500;

/** Parses a proposal. @throws InvalidValue */
export function parsePropose(
  instance: unknown,
  change: unknown,
  {
    options,
    isEmergency,
    newId,
  }: { readonly options: unknown; readonly isEmergency: boolean; readonly newId: () => string },
): { readonly command: Propose; readonly by: ParsedBy } {
  const of = parseInstance(instance, 'instance');
  const parsed = changeIn(of)(change, 'change');
  const taken = isEmergency ? ['until'] : DATES;
  const given = parseObject(options, 'options', [...BY, 'id', 'acknowledge', ...taken]);
  const by = parseBy(given);
  if (by.reason === undefined || by.reason.trim() === '')
    throw new InvalidValue('options.reason', 'a reason, for those who approve it', by.reason);
  const acknowledge = optional(given, 'acknowledge', parseAcknowledge);
  const dates: { -readonly [Name in (typeof DATES)[number]]?: string } = {};
  for (const name of DATES) {
    const date = optional(given, name, parseInstantInput);
    if (date !== undefined) dates[name] = new Date(date).toISOString();
  }
  const command = {
    type: 'propose',
    instanceId: of.instanceId,
    id: optional(given, 'id', parseProposalId) ?? newId(),
    change: { ...parsed.change, ...(acknowledge !== undefined && { acknowledge }) },
    seen: parsed.seen,
    ...by.person,
    ...dates,
    isEmergency,
  } as const;
  return { command, by };
}

/** The instance, and the id of a proposal of it. @throws InvalidValue */
export function parseWhich(instance: unknown, id: unknown): { readonly instance: Instance; readonly id: string } {
  return { instance: parseInstance(instance, 'instance'), id: parseProposalId(id, 'id') };
}

/** Parses an approval. @throws InvalidValue */
export function parseApprove(options: unknown): ParsedBy & { readonly seen: readonly string[] } {
  const given = parseObject(options, 'options', [...BY, 'seen']);
  return { ...parseBy(given), seen: parseAllSeen(given['seen'], 'options.seen') };
}

/** Parses who rejects or withdraws. @throws InvalidValue */
export function parseClose(options: unknown): ParsedBy {
  return parseBy(parseObject(options, 'options', BY));
}

function parseBy(given: Readonly<Record<string, unknown>>): ParsedBy {
  const actor = parseId(given['actor'], 'options.actor');
  return {
    person: { actor, subject: optional(given, 'subject', parseId) ?? actor },
    reason: optional(given, 'reason', parseReason),
    signal: optional(given, 'signal', parseSignal),
  };
}

const parseReason: Parser<string> = (value, field) => {
  const reason = parseProse(value, field);
  if (Array.from(reason).length <= LONGEST_REASON) return reason;
  throw new InvalidValue(field, `text of at most ${LONGEST_REASON} characters`, reason);
};

const parseProposalId: Parser<string> = (value, field) => {
  if (typeof value === 'string' && /^[\w.-]{1,100}$/.test(value)) return value;
  throw new InvalidValue(field, 'the id of a proposal: 1 to 100 letters, digits, -, _ or .', value);
};

const READ = ['atLeast', 'waitMs', 'signal'];
const MOST = 1000;

/** Parses how fresh a read must be. @throws InvalidValue */
export function parseRead(options: unknown): Freshness {
  return freshnessIn(parseObject(options, 'options', READ));
}

/** Parses a list. @throws InvalidValue */
export function parseList(options: unknown): {
  readonly freshness: Freshness;
  readonly which: 'all' | 'waiting';
  readonly organizationId: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
} {
  const given = parseObject(options, 'options', [...READ, 'which', 'organizationId', 'after', 'limit']);
  return {
    freshness: freshnessIn(given),
    which: optional(given, 'which', parseWhichOnes) ?? 'all',
    organizationId: optional(given, 'organizationId', parseId),
    after: optional(given, 'after', parseProposalId),
    limit: optional(given, 'limit', parseLimit) ?? 100,
  };
}

const parseWhichOnes: Parser<'all' | 'waiting'> = (value, field) => {
  if (value === 'all' || value === 'waiting') return value;
  throw new InvalidValue(field, 'all or waiting', value);
};

const parseLimit: Parser<number> = (value, field) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw new InvalidValue(field, `a whole number from 1 to ${MOST}`, value);
};

function freshnessIn(given: Readonly<Record<string, unknown>>): Freshness {
  return {
    atLeast: optional(given, 'atLeast', parsePositionOf),
    waitMs: optional(given, 'waitMs', parseWait),
    signal: optional(given, 'signal', parseSignal),
  };
}

const parsePositionOf: Parser<Position> = (value, field) => {
  if (isPosition(value)) return value;
  throw new InvalidValue(field, 'a position that an answer had', value);
};

function isPosition(value: unknown): value is Position {
  return typeof value === 'bigint' && value >= 0n && value < 2n ** 168n;
}
