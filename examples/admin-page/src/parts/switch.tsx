import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** A row with a switch. */
export interface SwitchProps {
  readonly label: string;
  /** Its name on the wire. */
  readonly name: string;
  readonly explanation: string;
  readonly isOn: boolean;
  readonly isDisabled: boolean;
  readonly toggle: () => void;
  /** An error, or a note. */
  readonly children?: ComponentChildren;
}

/** A switch with its label and explanation. */
export function Switch({ label, name, explanation, isOn, isDisabled, toggle, children }: SwitchProps): JSX.Element {
  const id = useId();
  return (
    <div class="switch-row">
      <div class="switch-words">
        <span class="switch-label" id={`${id}-label`}>
          {label}
        </span>
        <code class="dev">{name}</code>
        <p id={`${id}-explanation`}>{explanation}</p>
        {children}
      </div>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={isOn}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-explanation`}
        disabled={isDisabled}
        onClick={toggle}
      >
        <span class="switch-state" aria-hidden="true">
          {isOn ? 'on' : 'off'}
        </span>
        <span class="switch-track" aria-hidden="true" />
      </button>
    </div>
  );
}
