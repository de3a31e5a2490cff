import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';

interface PickerProps {
  /** What is chosen: `Organization`. */
  readonly label: string;
  /** The name of the choice. */
  readonly name: string;
  /** What else can be done with the choice. */
  readonly besides?: ComponentChildren;
  /** The search, and how to close it once something was chosen. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** Shows a choice, and lets the user make another one. */
export function Picker({ label, name, besides, children }: PickerProps): JSX.Element {
  const isOpen = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    isOpen.value = false;
    opener.current?.focus();
  };
  return (
    <div class="picker" role="group" aria-label={label}>
      <p>
        <span>{label}: </span>
        <strong>{name}</strong>
        <button
          ref={opener}
          type="button"
          class="link"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          Choose
        </button>
        {besides}
      </p>
      {isOpen.value && children(close)}
    </div>
  );
}
