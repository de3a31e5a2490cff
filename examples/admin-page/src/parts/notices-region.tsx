import type { JSX } from 'preact';
import { dismiss, notices, type Notice, type NoticeAction } from '../state/notices.js';
import { Icon } from './icon.js';

interface NoticesRegionProps {
  /** Only messages after this one; absent for all. */
  readonly after?: number;
}

/** The messages of the page. A screen reader announces failures at once, and others when it is idle. */
export function NoticesRegion({ after = 0 }: NoticesRegionProps): JSX.Element {
  const later = notices.value.filter(({ id }) => id > after);
  const failures = later.filter(({ tone }) => tone === 'failure');
  const others = later.filter(({ tone }) => tone !== 'failure');
  return (
    <div class="notices">
      <div role="status" aria-live="polite" aria-label="Notes">
        {others.map((notice) => (
          <NoticeCard key={notice.id} notice={notice} />
        ))}
      </div>
      <div role="alert" aria-live="assertive" aria-label="Errors">
        {failures.map((notice) => (
          <NoticeCard key={notice.id} notice={notice} />
        ))}
      </div>
    </div>
  );
}

function NoticeCard({ notice: { id, tone, sentence, action } }: { readonly notice: Notice }): JSX.Element {
  return (
    <div class={`notice notice-${tone}`}>
      <p>
        {sentence}
        {action !== undefined && <ActionButton id={id} action={action} />}
      </p>
      <button
        type="button"
        class="quiet-icon"
        aria-label="Dismiss"
        onClick={() => {
          dismiss(id);
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function ActionButton({
  id,
  action: { label, act },
}: {
  readonly id: number;
  readonly action: NoticeAction;
}): JSX.Element {
  return (
    <>
      {' '}
      <button
        type="button"
        class="link"
        onClick={() => {
          dismiss(id);
          act();
        }}
      >
        {label}
      </button>
    </>
  );
}
