import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Choice } from '../parts/organization-filter.js';
import { ProposalCard } from '../parts/proposal-card.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { useTicks } from '../parts/use-ticks.js';
import { directoryChanges, learn } from '../state/organizations.js';
import { chosen } from '../state/route.js';
import { readProposals, type ProposalPage, type ProposalShown, type UnreadableProposal } from '../wire/proposals.js';
import { counted } from '../words/counted.js';
import { waitsFor, type WaitsFor } from '../words/proposal.js';

const WHICH: readonly (readonly ['' | 'all' | WaitsFor, string])[] = [
  ['', 'Waiting'],
  ['approval', 'Waiting for approval'],
  ['date', 'Approved, with a date'],
  ['rollout', 'Rollouts that wait'],
  ['all', 'All'],
];

/** The server sends no notice of what others propose and decide. */
const AGAIN_MS = 15_000;
/** How many cards there are at first, and how many more each time. */
const STEP = 50;
/** Of so many it is read at once what they would do. */
const MOST_OPEN = 10;

/** Changes that others approve, or that have a date, each with what it would do now. */
export function ProposalsView(): JSX.Element {
  const which = WHICH.find(([name]) => name === chosen('which'))?.[0] ?? '';
  return (
    <>
      <h1 tabIndex={-1}>Proposals</h1>
      <p class="lead">Changes that another person approves, or that have a date. Each shows what it would do now.</p>
      <search class="organization-filter">
        <Choice label="Which" name="which" options={WHICH} />
      </search>
      <ProposalList key={which} which={which} />
    </>
  );
}

/** The newest first, as far as they were read. */
function ProposalList({ which }: { readonly which: (typeof WHICH)[number][0] }): JSX.Element {
  const shown = useSignal<ProposalPage | undefined>(undefined);
  const pages = useSignal(1);
  const most = useSignal(STEP);
  const about = `${which} ${pages.value} ${directoryChanges.value} ${useTicks(AGAIN_MS)}`;
  const loading = useLoaded(about, async (isWanted) => {
    const found = await readPages(which === 'all' ? 'all' : 'waiting', pages.value);
    if (isWanted()) shown.value = found;
  });
  const noteFocus = useFocusKept(shown.value);
  const { proposals = [], unreadable = [], next } = shown.value ?? {};
  const wanted = which === 'all' || which === '' ? proposals : proposals.filter((one) => waitsFor(one) === which);
  const sorted = wanted.toSorted((one, other) => (one.proposedAt < other.proposedAt ? 1 : -1));
  return (
    <>
      <TryAgain what="The proposals" loading={loading} />
      <Unreadable proposals={unreadable} />
      {shown.value !== undefined && wanted.length === 0 && (
        <p class="soft">{which === 'all' ? 'There is none yet.' : 'Nothing waits.'}</p>
      )}
      <ul class="proposals" aria-label="Proposals" aria-busy={shown.value === undefined} onFocusIn={noteFocus}>
        {sorted.slice(0, most.value).map((one, index) => (
          <li key={one.id} class="card">
            <ProposalCard proposal={one} isOpen={index < MOST_OPEN} />
          </li>
        ))}
      </ul>
      <More
        rest={wanted.length - most.value}
        isCut={next !== undefined}
        show={() => (most.value += STEP)}
        read={() => pages.value++}
      />
    </>
  );
}

/** Reads the first pages, with the names of their organizations. */
async function readPages(which: 'all' | 'waiting', count: number): Promise<ProposalPage> {
  const proposals: ProposalShown[] = [];
  const unreadable: UnreadableProposal[] = [];
  let next: string | undefined;
  for (let page = 0; page < count; page++) {
    const read = await readProposals(which, next);
    proposals.push(...read.proposals);
    unreadable.push(...read.unreadable);
    next = read.next;
    if (next === undefined) break;
  }
  const ids = proposals.flatMap(({ reach, steps }) => [
    ...steps.map(({ organizationId }) => organizationId),
    ...(reach?.organizationIds ?? []),
  ]);
  await learn([...new Set(ids)].filter((id) => id !== '').slice(0, MOST_NAMES));
  return { proposals, unreadable, next };
}

const MOST_NAMES = 100;

/** The card that was decided may be gone, and the focus with it: it goes on at the heading. */
function useFocusKept(shown: ProposalPage | undefined): (event: FocusEvent) => void {
  const last = useRef<EventTarget | null>(null);
  useEffect(() => {
    if (!(last.current instanceof Node) || last.current.isConnected) return;
    last.current = null;
    if (document.activeElement === document.body) document.querySelector('h1')?.focus();
  }, [shown]);
  return ({ target }) => {
    last.current = target;
  };
}

function Unreadable({ proposals }: { readonly proposals: readonly UnreadableProposal[] }): JSX.Element | null {
  if (proposals.length === 0) return null;
  return (
    <section class="card" aria-label="Can’t be read">
      <h2>{counted(proposals.length, 'proposal')} can’t be read</h2>
      <ul>
        {proposals.map(({ id, message }) => (
          <li key={id}>
            <code>{id}</code>: {message}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface MoreProps {
  /** How many were read, and are not shown. */
  readonly rest: number;
  /** Whether there are more than were read. */
  readonly isCut: boolean;
  readonly show: () => void;
  readonly read: () => void;
}

function More({ rest, isCut, show, read }: MoreProps): JSX.Element | null {
  if (rest <= 0 && !isCut) return null;
  return (
    <p>
      <button type="button" class="button" onClick={rest > 0 ? show : read}>
        {rest > 0 ? `Show ${Math.min(rest, STEP)} more` : 'Read more'}
      </button>{' '}
      {isCut && <span class="soft">There are more than were read: they come in the order of their ids.</span>}
    </p>
  );
}
