import type { JSX } from 'preact';

/** The shown range of a list. */
export interface PagerProps {
  readonly offset: number;
  readonly size: number;
  readonly total: number;
  readonly goTo: (offset: number) => void;
}

/** Shows the range of a list, and links to the others; nothing if all of it is shown. */
export function Pager({ offset, size, total, goTo }: PagerProps): JSX.Element | null {
  if (total <= size && offset === 0) return null;
  const last = Math.min(total, offset + size);
  const shown = (count: number): string => count.toLocaleString('en-GB');
  return (
    <p class="pager">
      <Step label="Previous" isPossible={offset > 0} go={() => goTo(Math.max(0, offset - size))} />
      <span role="status">
        {shown(Math.min(total, offset + 1))}–{shown(last)} of {shown(total)}
      </span>
      <Step label="Next" isPossible={last < total} go={() => goTo(offset + size)} />
    </p>
  );
}

interface StepProps {
  readonly label: string;
  readonly isPossible: boolean;
  readonly go: () => void;
}

/** A button of a pager. It is not disabled at an end, because it would lose the focus. */
export function Step({ label, isPossible, go }: StepProps): JSX.Element {
  return (
    <button
      type="button"
      class="button button-small"
      aria-disabled={!isPossible}
      onClick={() => {
        if (isPossible) go();
      }}
    >
      {label}
    </button>
  );
}
