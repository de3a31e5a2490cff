import { foundIn } from './words.mjs';

/** The rule of lint-words.mjs for Markdown. */
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
