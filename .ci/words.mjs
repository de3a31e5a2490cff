/** Checks our code and pages for words that are not plain English. `npm run lint` runs it. */
import { conclude, ourFiles, textOf } from './workspace.mjs';

/** What is refused, and what to write instead. */
const words = [
  [/\bwho(?:m)?ever\b/gi, 'the caller, the reader, any process: name what does it'],
  [/\bfor ever\b/gi, '"forever"'],
  [/\bby and by\b/gi, '"later" or "over time"'],
  [/\b(?:is|was) dear\b|\bdearer\b/gi, '"expensive", "more expensive"'],
  [/\bbreath(?:e|es|er|ing)?\b/gi, '"yield"'],
  [/(?<!\bthere )\bis no (?!longer\b|more\b|less\b|one\b|need\b|way\b)[a-z]+/gi, '"is not a …"'],
  [/(?<!\bthere )\b(?:is|are) none\b/gi, '"is not one", "does not exist"'],
  [/\bso much as\b/gi, '"even"'],
  [/\btwice is once\b/gi, '"idempotent"'],
  [/\bto be called (?:when|with|once)\b/gi, '"Call it when …"'],
  [/\bfor faults? to say\b/gi, '"for faults"'],
  [/\bnaming an option\b/gi, '"that names an option"'],
  [/\bSPEC\b/g, 'the name of a page of docs: readers do not have the SPEC'],
  [
    /\b(?:to|for|by|of) who (?:has|is|reads|waits|asks|writes|may|will)\b/gi,
    'the caller, the reader, a process: "who" is for people',
  ],
];

const files = ourFiles('*.md', '*.ts', '*.tsx', '*.js', '*.[cm]js').filter((file) => file !== '.ci/words.mjs');
const findings = files.flatMap((file) =>
  words.flatMap(([word, say]) =>
    Array.from(textOf(file).matchAll(word), ({ 0: found, index, input }) => {
      const line = input.slice(0, index).split('\n').length;
      return `${file}:${line}: “${found}”: write ${say} (.ci/words.mjs).`;
    }),
  ),
);
conclude(findings, `The words of ${files.length} files are plain English.`);
