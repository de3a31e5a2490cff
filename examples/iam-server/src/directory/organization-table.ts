import type { MultiFactor, SecondFactor } from '@login-policy/domain';
import { type PolicyWarning, ABSENT, diffPolicies, warningsOf, type LoginPolicy } from '@login-policy/domain/model';
import type { DirectoryEntry } from '../accounts/instances.js';
import type { KeptPolicies, KeptPolicy } from './custom-policies.js';
import { plainText } from './plain-text.js';
import { isWeakerWayIn, WAYS_IN, weakestWayIn, type WayIn } from './weakest-way-in.js';

/** The sort keys of the table. */
export const SORTS = ['name', 'policy', 'differs', 'locks-out', 'weakest', 'changed'] as const;

/** The filter, the order and the page of the table. */
export interface TableQuery {
  /** Part of a name or an id, regardless of case and accents. */
  readonly search: string;
  readonly policy: 'any' | 'default' | 'custom';
  /** Only organizations whose users may use this factor. */
  readonly allowing?: SecondFactor | MultiFactor | undefined;
  /** Only those whose policy locks users out or is unreadable. */
  readonly attention: boolean;
  /** Only those whose weakest way in is this; `none` for those by whose policy nobody gets in. */
  readonly weakest?: WayIn | 'none' | undefined;
  /** Only those whose weakest way in is weaker than the default's. */
  readonly weaker: boolean;
  /** Only these organizations; empty for all. */
  readonly ids: readonly string[];
  readonly sort: (typeof SORTS)[number];
  readonly order: 'asc' | 'desc';
  readonly offset: number;
  readonly limit: number;
}

/** An organization with what is known about its policy. */
export interface TableEntry extends DirectoryEntry {
  readonly isCustom: boolean;
  /** Whether the policy is readable. If not, nothing else is known about it. */
  readonly isReadable: boolean;
  /** The number of differences from the default; 0 for the default. */
  readonly differs: number;
  readonly warnings: readonly PolicyWarning[];
  /** The weakest way in that its policy leaves open; `undefined` if nobody gets in, or it is unreadable. */
  readonly weakest: WayIn | undefined;
  /** When its custom policy was last changed, in milliseconds; `undefined` for the default. */
  readonly changedAt: number | undefined;
}

/** The entries of a page, and how many organizations there are. */
export interface Table {
  readonly entries: readonly DirectoryEntry[];
  /** The number of organizations that match the query. */
  readonly total: number;
  readonly counts: Readonly<Record<'all' | 'custom' | 'attention' | 'unreadable' | 'weaker', number>>;
}

const NO_KNOWN_FACTORS: readonly (SecondFactor | MultiFactor)[] = [];

/** The requested page of organizations; `policies` has the default policy under `''`. */
export function tableOf(directory: readonly DirectoryEntry[], policies: KeptPolicies, query: TableQuery): Table {
  const standard = policyIn(policies.get(''));
  const onDefault = entryOn(standard);
  const known = directory.map((one) => ({ one, entry: judged(policies.get(one.id), standard) ?? onDefault }));
  const sought = plainText(query.search.trim());
  const wanted = new Set(query.ids);
  const passing = known.filter(
    ({ one, entry }) =>
      (wanted.size === 0 || wanted.has(one.id)) &&
      (query.policy === 'any' || entry.isCustom === (query.policy === 'custom')) &&
      (!query.attention || needsAttention(entry)) &&
      (!query.weaker || isWeakerWayIn(entry.weakest, onDefault.weakest)) &&
      (query.weakest === undefined || (entry.isReadable && (entry.weakest ?? 'none') === query.weakest)) &&
      (query.allowing === undefined || entry.factors.includes(query.allowing)) &&
      (sought === '' || plainOf(one).includes(sought)),
  );
  const sorted = sortedBy(passing, query);
  const count = (is: (entry: Judged) => boolean): number => known.filter(({ entry }) => is(entry)).length;
  return {
    entries: sorted.slice(query.offset, query.offset + query.limit).map(({ one }) => one),
    total: passing.length,
    counts: {
      all: directory.length,
      custom: count(({ isCustom }) => isCustom),
      attention: count(needsAttention),
      unreadable: count(({ isReadable }) => !isReadable),
      weaker: count(({ weakest }) => isWeakerWayIn(weakest, onDefault.weakest)),
    },
  };
}

/** What is known about one organization's policy. */
export function entryOf(one: DirectoryEntry, policies: KeptPolicies): TableEntry {
  const standard = policyIn(policies.get(''));
  const { factors: _, ...entry } = judged(policies.get(one.id), standard) ?? entryOn(standard);
  return { ...one, ...entry };
}

type Judged = Omit<TableEntry, keyof DirectoryEntry> & { readonly factors: readonly (SecondFactor | MultiFactor)[] };

interface Known {
  readonly one: DirectoryEntry;
  readonly entry: Judged;
}

function entryOn(standard: LoginPolicy): Judged {
  return {
    isCustom: false,
    isReadable: standard.stage === 'active',
    differs: 0,
    warnings: warningsOf(standard),
    weakest: weakestWayIn(standard),
    changedAt: undefined,
    factors: factorsOf(standard),
  };
}

/** Cached by the row and the default it was compared with, so that an unchanged policy is judged once. */
const judgements = new WeakMap<object, { readonly standard: LoginPolicy; readonly entry: Judged }>();

function judged(row: KeptPolicy | undefined, standard: LoginPolicy): Judged | undefined {
  if (row === undefined) return undefined;
  if (row === 'unreadable') return UNREADABLE;
  const before = judgements.get(row);
  if (before?.standard === standard) return before.entry;
  const { policy, changeInfo } = row;
  const entry: Judged = {
    isCustom: true,
    isReadable: true,
    differs: standard.stage === 'active' ? diffPolicies(standard, policy).length : 0,
    warnings: warningsOf(policy),
    weakest: weakestWayIn(policy),
    changedAt: Number(changeInfo.changedAt),
    factors: factorsOf(policy),
  };
  judgements.set(row, { standard, entry });
  return entry;
}

const UNREADABLE: Judged = {
  isCustom: true,
  isReadable: false,
  differs: 0,
  warnings: [],
  weakest: undefined,
  changedAt: undefined,
  factors: NO_KNOWN_FACTORS,
};

function policyIn(row: KeptPolicy | undefined): LoginPolicy {
  return row === undefined || row === 'unreadable' ? ABSENT : row.policy;
}

function factorsOf(policy: LoginPolicy): readonly (SecondFactor | MultiFactor)[] {
  return policy.stage === 'active' ? [...policy.multiFactors, ...policy.secondFactors] : NO_KNOWN_FACTORS;
}

function needsAttention({ isReadable, warnings }: Judged): boolean {
  return !isReadable || warnings.length > 0;
}

/** Normalised names, cached because names don't change and there are many. */
const plain = new WeakMap<DirectoryEntry, string>();

function plainOf(one: DirectoryEntry): string {
  let text = plain.get(one);
  if (text === undefined) {
    // The separator keeps a search from matching the end of a name and the beginning of an id.
    text = `${plainText(one.name)}\n${plainText(one.id)}`;
    plain.set(one, text);
  }
  return text;
}

/**
 * A stable sort: equal entries keep the directory's order by name. Entries without a value come last in both
 * directions.
 */
function sortedBy(known: readonly Known[], { sort, order }: TableQuery): readonly Known[] {
  if (sort === 'name') return order === 'asc' ? known : known.toReversed();
  const sign = order === 'asc' ? 1 : -1;
  const valueOf = VALUES[sort];
  return known.toSorted((left, right) => {
    const [one, other] = [valueOf(left.entry), valueOf(right.entry)];
    if (one === other) return 0;
    if (one === undefined) return 1;
    return other === undefined ? -1 : sign * (one - other);
  });
}

const VALUES: Readonly<Record<Exclude<TableQuery['sort'], 'name'>, (entry: Judged) => number | undefined>> = {
  policy: ({ isCustom }) => Number(isCustom),
  differs: ({ isCustom, isReadable, differs }) => (isCustom && isReadable ? differs : undefined),
  'locks-out': (entry) => Number(needsAttention(entry)),
  // The weakest is the most that can be wrong: first where the order is descending.
  weakest: ({ weakest }) => (weakest === undefined ? undefined : -WAYS_IN.indexOf(weakest)),
  changed: ({ changedAt }) => changedAt,
};
