import { readFileSync } from 'node:fs';

/** The fault classes, from the files that declare them, so that a new one is included automatically. */
const declared = ['fault.ts', 'faults.ts', 'event-faults.ts', 'projections/projection-faults.ts'].flatMap((file) =>
  Array.from(sourceOf(file).matchAll(/class (\w+)(?:<.*>)? extends (?:Fault|Error)/g), ([, name]) => name),
);
const faults = new Set(['Fault', ...declared]);

/** Empty when the linter is tested in a folder without the kernel (.ci/walls.mjs). */
function sourceOf(file) {
  try {
    return readFileSync(new URL(`../packages/event-sourcing/src/${file}`, import.meta.url), 'utf8');
  } catch {
    return '';
  }
}

/** Each installed copy of the kernel has its own classes, but all faults have the same shape. */
const noInstanceof = {
  create: (context) => ({
    BinaryExpression(node) {
      if (node.operator !== 'instanceof' || !faults.has(node.right.name)) return;
      context.report({
        node,
        message: `isFault(caught, code), not instanceof ${node.right.name}: there may be two copies of the kernel.`,
      });
    },
  }),
};

// oxlint reads its plugins from the default export.
export default { meta: { name: 'faults' }, rules: { 'no-instanceof': noInstanceof } };
