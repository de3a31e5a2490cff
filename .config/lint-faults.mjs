/** Each installed copy of the kernel has its own class, but all faults have the same shape. */
const noInstanceof = {
  create: (context) => ({
    BinaryExpression(node) {
      if (node.operator !== 'instanceof' || node.right.name !== 'Fault') return;
      context.report({
        node,
        message: 'isFault(caught, code), not instanceof Fault: there may be two copies of the kernel.',
      });
    },
  }),
};

// oxlint reads its plugins from the default export.
export default { meta: { name: 'faults' }, rules: { 'no-instanceof': noInstanceof } };
