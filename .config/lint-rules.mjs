/** Our own lint rules, for what no rule of oxlint holds. .ci/walls.mjs tests each. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const longestTest = 40;
const hollowName = /\b(\w*(Utils?|Helpers?|Manager|Misc)\b|[uU]til[A-Z]\w*)/;
const hollowFile = /(^|[.-])(utils?|helpers?|managers?|common|misc|2fa)[.-]/;

/** The classes of all packages but the command line, and whether instances of another copy are recognised. */
const classes = new Map();
for (const file of globSync(join(import.meta.dirname, '../packages/[!c]*/src/**/*.ts'))) {
  const source = readFileSync(file, 'utf8');
  for (const [, name] of source.matchAll(/^(?:export )?class (\w+)/gm))
    classes.set(name, source.includes(`\nacrossCopies(${name}, '${name}');`));
}

const rules = {
  /** Each installed copy of a package has classes of its own. */
  'instanceof-across-copies': (report) => ({
    BinaryExpression(node) {
      const { name } = node.right;
      if (node.operator === 'instanceof' && classes.has(name) && !classes.get(name))
        report(node, `There may be two copies of ${name}: call acrossCopies(${name}, '${name}') below the class.`);
    },
  }),

  /** Like max-lines-per-function, which can't exclude describe() and its variants. */
  'max-lines-per-test': (report) => {
    const check = (node) => {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      const caller = node.parent.type === 'CallExpression' ? node.parent.callee.name : undefined;
      if (lines > longestTest && !/^(describe\w*|context)$/.test(caller))
        report(node, `This function has ${lines} lines, of ${longestTest} at most.`);
    };
    return { ArrowFunctionExpression: check, FunctionExpression: check, FunctionDeclaration: check };
  },

  /** An entry may export so many names: more is more than its reader can learn. */
  'max-exports': (report, { options: [most] }) => ({
    Program(node) {
      const { length } = node.body.flatMap(({ specifiers = [] }) => specifiers.filter(({ exported }) => exported));
      if (length > most) report(node, `This entry exports ${length} names, of ${most} at most.`);
    },
  }),

  /**
   * Reads a variable, awaits, and writes what it read: another lane's write in between is lost. oxlint lacks the rule
   * require-atomic-updates, of which these are the cases that a look at one expression finds.
   */
  'atomic-updates': (report) => ({
    AssignmentExpression(node) {
      const { left, operator, right } = node;
      const name = nameOf(left);
      if (name === undefined || !(operator === '=' ? readsThenAwaits(right, name) : awaits(right))) return;
      report(node, `${name} may change between its read and its write here: await first, then update.`);
    },
  }),

  'telling-names': (report, { filename }) => ({
    Program(node) {
      if (hollowFile.test(basename(filename))) report(node, 'The name of this file says nothing.');
    },
    ExportNamedDeclaration({ declaration, specifiers }) {
      const declared = declaration?.declarations ?? [declaration];
      const names = [...declared.map((one) => one?.id), ...specifiers.map(({ exported }) => exported)];
      for (const id of names) if (hollowName.test(id?.name)) report(id, 'This name says nothing.');
    },
  }),
};

/** A variable, or a member of one, as text; `undefined` for anything else. */
function nameOf(node) {
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name;
  if (node.type === 'ThisExpression') return 'this';
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  const object = nameOf(node.object);
  return object && `${object}.${node.property.type === 'PrivateIdentifier' ? '#' : ''}${node.property.name}`;
}

/** Visits a node and those in it in the order of the source, without the bodies of functions. */
function* inOrder(node) {
  if (/Function/.test(node.type)) return;
  yield node;
  const within = Object.entries(node).flatMap(([key, value]) => (key === 'parent' ? [] : [value].flat()));
  const nodes = within.filter((one) => typeof one?.type === 'string').sort((one, other) => one.start - other.start);
  for (const one of nodes) yield* inOrder(one);
}

function awaits(node) {
  return [...inOrder(node)].some(({ type }) => type === 'AwaitExpression');
}

function readsThenAwaits(node, name) {
  const [nodes, isName] = [[...inOrder(node)], (one) => nameOf(one) === name];
  const read = nodes.find((one) => isName(one) && !nodes.some((other) => isWithin(one, other)));
  return read !== undefined && nodes.some(({ type, start }) => type === 'AwaitExpression' && start > read.start);
}

/** Whether a read is part of what is awaited: `row = await next(row)` is in order. */
function isWithin(read, { type, start, end }) {
  return type === 'AwaitExpression' && start < read.start && read.end <= end;
}

/** Passes a rule a short way to report. */
function created(rule) {
  return {
    meta: { schema: false },
    create: (context) => rule((node, message) => context.report({ node, message }), context),
  };
}

// oxlint reads its plugins from the default export.
export default {
  meta: { name: 'ours' },
  rules: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, created(rule)])),
};
