import type { JSX } from 'preact';
import type { Preview } from '../wire/preview.js';
import { warningInWords } from '../words/warnings.js';
import { Icon } from './icon.js';

/** A list of warnings. */
export interface SentencesProps {
  readonly sentences: readonly string[];
  /** The accessible name of the list. */
  readonly label: string;
}

/** Warnings, each with a sign. */
export function Sentences({ sentences, label }: SentencesProps): JSX.Element {
  return (
    <ul class="warnings" aria-label={label}>
      {sentences.map((sentence) => (
        <li key={sentence}>
          <Icon name="warning" />
          <p>{sentence}</p>
        </li>
      ))}
    </ul>
  );
}

/** The warnings to read before confirming: those that the change causes, and separately those that existed before. */
export function Warnings({ introduced, standing }: Pick<Preview, 'introduced' | 'standing'>): JSX.Element {
  return (
    <>
      {introduced.length > 0 && <Sentences sentences={introduced.map(warningInWords)} label="Warnings" />}
      {standing.length > 0 && (
        <>
          <h3>So before this change, too</h3>
          <Sentences sentences={standing.map(warningInWords)} label="So before this change, too" />
        </>
      )}
    </>
  );
}
