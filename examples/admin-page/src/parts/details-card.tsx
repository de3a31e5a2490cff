import type { JSX } from 'preact';
import { answeredOf, type Answered } from '../state/answers.js';
import { DETAILS_MEMBERS, isSameDetails, isSameMember, type Details } from '../wire/details.js';
import type { Policy } from '../wire/policy.js';
import { INSTANCE, type Scope } from '../wire/scope.js';
import { localMoment } from '../words/instant.js';
import { ownerName } from '../words/intent.js';
import { Icon } from './icon.js';

type Member = (typeof DETAILS_MEMBERS)[number];

const MEANINGS: Readonly<Record<Member, string>> = {
  sequence: 'The last event: on a read the last one the projection has reduced, on a change the last one it added.',
  creationDate: 'When the policy came to be: the instant of its first event.',
  changeDate: 'When it last changed: the instant of its last event.',
  resourceOwner: 'Who owns the policy that answered',
};

/** The four members of `details`. After a change, those of its answer beside those of the next read. */
export function DetailsCard({ scope, policy }: { readonly scope: Scope; readonly policy: Policy }): JSX.Element {
  const answered = answeredOf(scope);
  const owner = ownerName(policy.isDefault ? INSTANCE : scope);
  return (
    <section class="card details-card" aria-labelledby="details-heading">
      <h2 id="details-heading">Details</h2>
      <p class="soft">Every answer says these four, a read and a change alike.</p>
      <dl>
        {DETAILS_MEMBERS.map((member) => (
          <MemberRow key={member} member={member} details={policy.details} answered={answered} owner={owner} />
        ))}
      </dl>
      {answered !== undefined && <Law answered={answered} />}
    </section>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly details: Details;
  readonly answered: Answered | undefined;
  readonly owner: string;
}

function MemberRow({ member, details, answered, owner }: MemberRowProps): JSX.Element {
  return (
    <div class="member">
      <dt>
        <code>{member}</code>
      </dt>
      {answered === undefined ? (
        <dd class="member-value">{details[member]}</dd>
      ) : (
        <TwoAnswers member={member} answered={answered} />
      )}
      <dd class="soft">{meaningOf(member, details, owner)}</dd>
    </div>
  );
}

function TwoAnswers({ member, answered }: { readonly member: Member; readonly answered: Answered }): JSX.Element {
  const { onManipulation, onRead } = answered;
  const isSame = isSameMember(member, onManipulation, onRead);
  return (
    <dd class="member-two">
      <span class="member-source">the change answered</span>
      <span class="member-value">{onManipulation[member]}</span>
      <span class="member-source">the next read says</span>
      <span class="member-value">
        {onRead[member]} <Icon name={isSame ? 'equal' : 'different'} />
        <span class="hidden">{isSame ? 'the same' : 'not the same'}</span>
      </span>
    </dd>
  );
}

function Law({ answered: { onManipulation, onRead } }: { readonly answered: Answered }): JSX.Element {
  return isSameDetails(onManipulation, onRead) ? (
    <p class="law law-kept">They are equal: the change answered exactly what the next read says.</p>
  ) : (
    <p class="law">They differ: somebody else wrote between the change and the read.</p>
  );
}

function meaningOf(member: Member, details: Details, owner: string): string {
  if (member === 'resourceOwner')
    return `${MEANINGS[member]}: ${owner === 'the default policy' ? 'the instance' : owner}.`;
  if (member === 'sequence') return MEANINGS[member];
  return `${MEANINGS[member]} Here: ${localMoment(details[member])}.`;
}
