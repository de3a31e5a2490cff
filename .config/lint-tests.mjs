const most = 40;

/** Like max-lines-per-function, which can't exclude describe() and its variants. */
const maxLinesPerTest = {
  create(context) {
    const check = (node) => {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      const caller = node.parent.type === 'CallExpression' ? node.parent.callee.name : undefined;
      if (lines <= most || /^(describe\w*|context)$/.test(caller)) return;
      context.report({ node, message: `This function has ${lines} lines, of ${most} at most.` });
    };
    return { ArrowFunctionExpression: check, FunctionExpression: check, FunctionDeclaration: check };
  },
};

// oxlint reads its plugins from the default export.
export default { meta: { name: 'tests' }, rules: { 'max-lines-per-test': maxLinesPerTest } };
