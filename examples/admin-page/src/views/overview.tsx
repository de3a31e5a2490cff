import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { AuditEntries } from '../parts/audit-entries.js';
import { PopulationTable } from '../parts/population-table.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLatest } from '../parts/use-latest.js';
import { useLoaded, useWhole, type Loading } from '../parts/use-loaded.js';
import { directoryChanges, learn, pageKey, pageOf, refreshPage } from '../state/organizations.js';
import { addressOf, type Query } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { readAudit, type AuditEntry } from '../wire/audit.js';
import type { OrganizationPage, OrganizationQuery } from '../wire/organizations.js';
import { readPopulation } from '../wire/population.js';
import { readProposals } from '../wire/proposals.js';
import { counted } from '../words/counted.js';

const COUNTS: OrganizationQuery = { limit: 1 };
const NEWEST = 'newest changes';
const WAITING = 'waiting proposals';
const PEOPLE = 'how people sign in';
/** Enough events for the newest commands: a new custom policy has several. */
const EVENTS = 40;
const MOST_CHANGES = 5;

/** How people sign in, what needs attention, and what changed last. Each number leads to the list behind it. */
export function OverviewView(): JSX.Element {
  const [people, asking] = useRead(PEOPLE, readPopulation);
  const [newest, reading] = useRead(NEWEST, readNewest);
  const counting = useLoaded(String(directoryChanges.value), (isWanted) => refreshPage(COUNTS, isWanted));
  const page = useLatest(pageOf(COUNTS), counting);
  const [waiting, looking] = useRead(WAITING, readWaiting);
  const isWhole = useWhole(page !== undefined && newest !== undefined, [counting, reading, asking, looking]);
  return (
    <>
      <h1 tabIndex={-1}>Overview</h1>
      {isWhole && (
        <div class="overview">
          <Card title="How people sign in" of={PEOPLE} loading={asking} size="wide">
            {people !== undefined && <PopulationTable population={people} />}
          </Card>
          <div class="overview-column">
            <Card title="Needs attention" of={pageKey(COUNTS)} loading={counting}>
              {page !== undefined && <Attention counts={page.counts} />}
            </Card>
            <Card title="Waiting" of={WAITING} loading={looking}>
              {waiting !== undefined && <a href={addressOf({ view: 'proposals' })}>{counted(waiting, 'proposal')}</a>}
            </Card>
          </div>
          <Card title="Changed last" of={NEWEST} loading={reading}>
            {newest !== undefined && <AuditEntries entries={newest} most={MOST_CHANGES} />}
            <a href={addressOf({ view: 'audit' })}>All changes</a>
          </Card>
        </div>
      )}
    </>
  );
}

interface CardProps {
  readonly title: string;
  /** The key under which its content is read. */
  readonly of: string;
  readonly loading: Loading;
  readonly size?: 'wide';
  readonly children: ComponentChildren;
}

function Card({ title, of, loading, size, children }: CardProps): JSX.Element {
  return (
    <section class={`card ${size ?? ''}`} aria-label={title}>
      <h2>{title}</h2>
      <Stale what={of} />
      <TryAgain what={title} loading={loading} />
      {children}
    </section>
  );
}

/** Reads something now, and after each change of a policy. */
function useRead<Read>(what: string, read: () => Promise<Read>): readonly [Read | undefined, Loading] {
  const found = useSignal<Read | undefined>(undefined);
  const loading = useLoaded(String(directoryChanges.value), async (isWanted) => {
    const answer = await readAnew(what, read);
    if (isWanted()) found.value = answer;
  });
  return [found.value, loading];
}

async function readWaiting(): Promise<number> {
  return (await readProposals('waiting')).length;
}

async function readNewest(): Promise<readonly AuditEntry[]> {
  const { entries } = await readAudit({}, '', EVENTS);
  await learn([...new Set(entries.map(({ organizationId }) => organizationId))].filter((id) => id !== ''));
  return entries;
}

/** The organizations that need attention, and how many have a policy of their own. */
function Attention({ counts }: Pick<OrganizationPage, 'counts'>): JSX.Element {
  const { all, attention, custom, unreadable, weaker } = counts;
  const lockingOut = attention - unreadable;
  return (
    <ul class="effect">
      {attention === 0 && weaker === 0 && <li>No policy locks users out, and none is weaker than the default.</li>}
      {lockingOut > 0 && (
        <Counted query={{ attention: 'yes' }}>
          {counted(lockingOut, 'organization')} with a policy that locks users out
        </Counted>
      )}
      {unreadable > 0 && (
        <Counted query={{ attention: 'yes' }}>
          {counted(unreadable, 'organization')} with a policy that can’t be read
        </Counted>
      )}
      {weaker > 0 && (
        <Counted query={{ weaker: 'yes' }}>
          {counted(weaker, 'organization')} with a weaker way in than the default
        </Counted>
      )}
      <li class="soft">
        <a href={addressOf({ view: 'organizations', query: { policy: 'custom' } })}>
          {counted(custom, 'custom policy', 'custom policies')}
        </a>{' '}
        among {counted(all, 'organization')}.
      </li>
    </ul>
  );
}

interface CountedProps {
  readonly query: Query;
  readonly children: JSX.Element | string | readonly (JSX.Element | string)[];
}

function Counted({ query, children }: CountedProps): JSX.Element {
  return (
    <li class="warning-line">
      <a href={addressOf({ view: 'organizations', query })}>{children}</a>
    </li>
  );
}
