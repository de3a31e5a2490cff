/**
 * Words that STYLE.md refuses, and what to write instead: lint-rules.mjs checks the code, the rule below the pages.
 */
const words = [
  [/\bwho(?:m)?ever\b/i, 'the caller, the reader, any process: name what does it'],
  [/\bfor ever\b/i, '"forever"'],
  [/\bby and by\b/i, '"later" or "over time"'],
  [/\b(?:is|was) dear\b|\bdearer\b/i, '"expensive", "more expensive"'],
  [/\bbreath(?:e|es|er|ing)?\b/i, '"yield"'],
  [/(?<!\bthere )\bis no (?!longer\b|more\b|less\b|one\b|need\b|way\b)[a-z]+/i, '"is not a …"'],
  [/(?<!\bthere )\b(?:is|are) none\b/i, '"is not one", "does not exist"'],
  [/\bso much as\b/i, '"even"'],
  [/\btwice is once\b/i, '"idempotent"'],
  [/\bto be called (?:when|with|once)\b/i, '"Call it when …"'],
  [/\bfor faults? to say\b/i, '"for faults"'],
  [/\bnaming an option\b/i, '"that names an option"'],
  [/\bSPEC\b/, 'the name of a page of docs: readers do not have the SPEC'],
  [
    /\b(?:to|for|by|of) who (?:has|is|reads|waits|asks|writes|may|will)\b/i,
    'the caller, the reader, a process: "who" is for people',
  ],
];

/** The problems in a text, one sentence each. */
export function foundIn(text) {
  return words.flatMap(([word, say]) => {
    const found = word.exec(text);
    return found === null ? [] : [{ index: found.index, message: `“${found[0]}”: write ${say} (.config/words.mjs).` }];
  });
}

/** The rule of markdownlint. */
export default {
  names: ['plain-words'],
  description: 'Words of .config/words.mjs',
  tags: ['words'],
  parser: 'none',
  function({ lines }, onError) {
    for (const [index, line] of lines.entries())
      for (const { message } of foundIn(line)) onError({ lineNumber: index + 1, detail: message });
  },
};
