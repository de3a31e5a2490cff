import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { AuditEntries } from '../parts/audit-entries.js';
import { NeedsAttention } from '../parts/needs-attention.js';
import { PopulationTable } from '../parts/population-table.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLatest } from '../parts/use-latest.js';
import { useLoaded, useWhole, type Loading } from '../parts/use-loaded.js';
import { WaitingList } from '../parts/waiting-list.js';
import { directoryChanges, learn, pageKey, pageOf, refreshPage } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { readAudit, type AuditEntry } from '../wire/audit.js';
import type { OrganizationQuery } from '../wire/organizations.js';
import { readPopulation } from '../wire/population.js';
import { readProposals, type ProposalPage } from '../wire/proposals.js';
import { readReadModel } from '../wire/read-model.js';

const COUNTS: OrganizationQuery = { limit: 1 };
const NEWEST = 'newest changes';
const WAITING = 'waiting proposals';
const LAG = 'how far the read model lags';
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
  const [readModel, measuring] = useRead(LAG, readReadModel);
  const [waiting, looking] = useRead(WAITING, readWaiting);
  const isWhole = useWhole(page !== undefined && newest !== undefined, [counting, reading, asking, looking, measuring]);
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
              {page !== undefined && <NeedsAttention counts={page.counts} readModel={readModel} />}
            </Card>
            <Card title="Waiting" of={WAITING} loading={looking}>
              {waiting !== undefined && <WaitingList page={waiting} />}
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
  const loading = useLoaded(String(directoryChanges.value), (isWanted) =>
    readAnew(what, async () => {
      const answer = await read();
      if (isWanted()) found.value = answer;
    }),
  );
  return [found.value, loading];
}

function readWaiting(): Promise<ProposalPage> {
  return readProposals('waiting');
}

/** Nothing where the server keeps no audit log: each policy has a history of its own. */
async function readNewest(): Promise<readonly AuditEntry[]> {
  const entries = (await readAudit({}, '', EVENTS))?.entries ?? [];
  await learn([...new Set(entries.map(({ organizationId }) => organizationId))].filter((id) => id !== ''));
  return entries;
}
