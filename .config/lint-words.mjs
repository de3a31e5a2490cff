import { foundIn } from './words.mjs';

/** Checks comments, and texts of more than one word, for the words of words.mjs. */
const plainWords = {
  create(context) {
    const check = (node, text) => {
      for (const { message } of foundIn(text)) context.report({ node, message });
    };
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) check(comment, comment.value);
      },
      Literal: (node) => typeof node.value === 'string' && node.value.includes(' ') && check(node, node.value),
      TemplateElement: (node) => node.value.raw.includes(' ') && check(node, node.value.raw),
      JSXText: (node) => check(node, node.value),
    };
  },
};

// oxlint reads its plugins from the default export.
export default { meta: { name: 'words' }, rules: { 'plain-words': plainWords } };
