import type { JSX } from 'preact';
import { Icon } from './icon.js';

/** What the one who confirms should know first. */
export function Warnings({ sentences }: { readonly sentences: readonly string[] }): JSX.Element | null {
  if (sentences.length === 0) return null;
  return (
    <ul class="warnings" aria-label="Warnings">
      {sentences.map((sentence) => (
        <li key={sentence}>
          <Icon name="warning" />
          <p>{sentence}</p>
        </li>
      ))}
    </ul>
  );
}
