import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { draftOf } from '../state/draft.js';
import { directoryChanges, isUnknown, learn, organizationName } from '../state/organizations.js';
import { chosen } from '../state/route.js';
import { isSaidElsewhere, leavesOpen, sentenceOf } from '../wire/failure.js';
import { readVerdict, type Claim, type ProposedChange, type Verdict } from '../wire/check.js';
import { commandData } from '../wire/command-data.js';
import { objectOf, type JsonObject } from '../wire/json.js';
import { INSTANCE, keyOf, organization, type Scope } from '../wire/scope.js';
import { counted } from '../words/counted.js';
import { commandInWords } from '../words/proposal.js';
import { headlineOf, rulesOf } from '../words/verdict.js';
import { Instant } from './instant.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** Whose policy judges which claim. */
export interface ToJudge {
  /** Empty for a user of the instance itself. */
  readonly organizationId: string;
  readonly claim: Claim;
}

/** A change to judge by, and what it is called. */
interface Proposed extends ProposedChange {
  readonly title: string;
}

interface Judged {
  readonly scope: Scope;
  readonly verdict: Verdict;
  readonly proposed?: Proposed;
  /** Under the proposed policy, or why that can't be judged. */
  readonly after?: Verdict | { readonly refused: string };
}

/** The verdict by the policy in force, and beside it the one by the proposed policy, if there is one. */
export function SignInVerdicts({ organizationId, claim }: ToJudge): JSX.Element {
  const scope = organizationId === '' ? INSTANCE : organization(organizationId);
  const judged = useSignal<Judged | undefined>(undefined);
  const drafts = [INSTANCE, scope].map((one) => draftOf(one)?.patch);
  const about = JSON.stringify([keyOf(scope), claim, chosen('command'), drafts, directoryChanges.value]);
  const loading = useLoaded(about, async (isWanted) => {
    if (organizationId !== '') await learn([organizationId]);
    const found = isUnknown(organizationId) ? undefined : await judge(scope, claim);
    if (isWanted()) judged.value = found;
  });
  if (isUnknown(organizationId))
    return <p class="warning-line">There is no organization with this id in the instance.</p>;
  return (
    <>
      <TryAgain what="Whether they would get in" loading={loading} />
      {judged.value !== undefined && loading.problem === undefined && (
        <div class="verdicts" aria-busy={loading.isBusy}>
          <InForce {...judged.value} />
          <After {...judged.value} />
        </div>
      )}
    </>
  );
}

async function judge(scope: Scope, claim: Claim): Promise<Judged> {
  const verdict = await readVerdict(scope, claim);
  const proposed = claim.at === '' ? proposedIn(scope, verdict) : undefined;
  if (proposed === undefined) return { scope, verdict };
  try {
    return { scope, verdict, proposed, after: await readVerdict(scope, claim, proposed) };
  } catch (caught) {
    if (leavesOpen(caught) || isSaidElsewhere(caught)) throw caught;
    return { scope, verdict, proposed, after: { refused: sentenceOf(caught) } };
  }
}

/** The change in the address, or else the draft of the policy that judges. */
function proposedIn(scope: Scope, { isDefault }: Verdict): Proposed | undefined {
  const command = commandIn(chosen('command'));
  if (command !== undefined)
    return { command, ofDefault: chosen('of') !== 'own', title: `After: ${commandInWords(command)}` };
  const patch = draftOf(isDefault ? INSTANCE : scope)?.patch ?? {};
  const count = Object.keys(patch).length;
  if (count === 0) return undefined;
  const title = `With your draft: ${counted(count, 'setting')} changed`;
  return { command: commandData({ wish: 'change-settings', patch }), ofDefault: isDefault, title };
}

function commandIn(text: string): JsonObject | undefined {
  if (text === '') return undefined;
  try {
    return objectOf(JSON.parse(text), 'the change');
  } catch {
    return undefined;
  }
}

function InForce({ scope, verdict, proposed }: Judged): JSX.Element {
  const { at, validUntil, isDefault } = verdict;
  return (
    <section class="card verdict" aria-labelledby="verdict-of verdict" aria-live="polite">
      {proposed !== undefined && (
        <p id="verdict-of" class="verdict-of">
          By the policy in force
        </p>
      )}
      <h2 id="verdict">{headlineOf(verdict)}</h2>
      <p class="soft">
        Judged for <Instant at={at} />
        {validUntil !== undefined && (
          <>
            {' '}
            and the same until <Instant at={validUntil} />
          </>
        )}
        . The sign-in page would say: <q>{verdict.sentence}</q>
      </p>
      <Rules verdict={verdict} policy={policyInWords(scope, isDefault)} />
    </section>
  );
}

function policyInWords(scope: Scope, isDefault: boolean): string {
  if (scope.of === 'instance') return 'The default policy.';
  const name = organizationName(scope.organizationId);
  return isDefault ? `${name} is on the default policy.` : `${name} has a custom policy.`;
}

function After({ proposed, after, verdict }: Judged): JSX.Element | null {
  if (proposed === undefined || after === undefined) return null;
  const isRefused = 'refused' in after;
  const isSame = !isRefused && JSON.stringify(rulesOf(after)) === JSON.stringify(rulesOf(verdict));
  return (
    <section class="card verdict" aria-labelledby="after-of verdict-after" aria-live="polite">
      <p id="after-of" class="verdict-of">
        {proposed.title}
      </p>
      <h2 id="verdict-after">{isRefused ? 'This can’t be judged.' : headlineOf(after)}</h2>
      {isRefused ? (
        <p class="warning-line">{after.refused}</p>
      ) : (
        <>
          <p class="soft">
            {isSame ? 'The same as now.' : 'Otherwise than now.'} The sign-in page would say: <q>{after.sentence}</q>
          </p>
          <Rules verdict={after} />
        </>
      )}
    </section>
  );
}

interface RulesProps {
  readonly verdict: Verdict;
  /** Which policy judged. */
  readonly policy?: string;
}

function Rules({ verdict, policy }: RulesProps): JSX.Element {
  const rules = [...(policy === undefined ? [] : [{ rule: 'Policy', answer: policy }]), ...rulesOf(verdict)];
  return (
    <dl>
      {rules.map(({ rule, answer }) => (
        <div key={rule}>
          <dt>{rule}</dt>
          <dd>{answer}</dd>
        </div>
      ))}
    </dl>
  );
}
