import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

/** The ids that connect a control with its texts. */
export interface FieldTies {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

/** A control with its texts. */
export interface FieldProps {
  readonly label: string;
  /** Its name on the wire. */
  readonly name: string;
  readonly explanation: string;
  /** The error, as a sentence. */
  readonly problem: string | undefined;
  readonly control: (ties: FieldTies) => JSX.Element;
}

/** A control with its label, explanation and error. */
export function Field({ label, name, explanation, problem, control }: FieldProps): JSX.Element {
  const id = useId();
  const ties = {
    id,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-explanation ${id}-problem`,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label> <code class="dev">{name}</code>
      <p class="soft" id={`${id}-explanation`}>
        {explanation}
      </p>
      {control(ties)}
      <p class="problem" id={`${id}-problem`} aria-live="polite">
        {problem}
      </p>
    </div>
  );
}
