import type { JSX } from 'preact';
import type { PolicyChange } from '../wire/policy-change.js';
import { changeInWords, type ChangeWords } from '../words/change.js';
import { counted } from '../words/counted.js';

const MANY_SETTINGS = 6;

/** Changes as lines with a sign: added, removed or changed. Many settings are collapsed. */
export function DiffList({ changes }: { readonly changes: readonly PolicyChange[] }): JSX.Element {
  const lines = changes.map(changeInWords);
  const settings = lines.filter(({ values }) => values !== undefined);
  const others = lines.filter(({ values }) => values === undefined);
  if (settings.length <= MANY_SETTINGS) return <Lines lines={lines} />;
  return (
    <>
      <Lines lines={others} />
      <details class="diff-more">
        <summary>and {counted(settings.length, 'setting')}</summary>
        <Lines lines={settings} />
      </details>
    </>
  );
}

function Lines({ lines }: { readonly lines: readonly ChangeWords[] }): JSX.Element | null {
  if (lines.length === 0) return null;
  return (
    <ul class="diff">
      {lines.map((line) => (
        <Line key={`${line.name} ${line.step}`} line={line} />
      ))}
    </ul>
  );
}

function Line({ line: { step, sign, what, name, values } }: { readonly line: ChangeWords }): JSX.Element {
  return (
    <li class={`diff-line diff-${step}`}>
      <span class="diff-sign" aria-hidden="true">
        {sign}
      </span>
      <span>
        <span class="hidden">{step} </span>
        {what} {name !== '' && <code class="dev">{name}</code>}
        {values !== undefined && <Values values={values} />}
      </span>
    </li>
  );
}

function Values({ values: [before, after] }: { readonly values: readonly [string, string] }): JSX.Element {
  return (
    <span class="diff-values">
      <span class="hidden">from </span>
      <del>{before}</del>
      <span aria-hidden="true"> → </span>
      <span class="hidden"> to </span>
      <ins>{after}</ins>
    </span>
  );
}
