/**
 * The public surface of each published package: every name that an entry exports, with its declaration, in
 * `.ci/surface/PACKAGE.txt`. `node .ci/surface.mjs` compares, `node .ci/surface.mjs --write` writes.
 *
 * From 1.0.0 on a difference fails, so that a change of what users compile against is seen in review. Before, nothing is
 * frozen, and it is only told. A name marked `@internal` must not be exported.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { folders } from '../.config/build.mjs';
import { root } from './workspace.mjs';

// TypeScript 7 has no API for programs; this package tests with an older one.
const ts = createRequire(join(root, 'packages', 'api', 'package.json'))('typescript');
const writes = process.argv.includes('--write');
const reports = join(root, '.ci', 'surface');
mkdirSync(reports, { recursive: true });
const findings = [];
for (const folder of folders) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (manifest.private === true || typeof manifest.exports === 'string') continue;
  const text = surfaceOf(folder, manifest);
  const file = join(reports, `${folder.split('/')[1]}.txt`);
  const known = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (writes) writeFileSync(file, text);
  else if (known !== text) findings.push(`${folder}: ${difference(known, text)}`);
}
const isFrozen = !JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version.startsWith('0.');
for (const finding of findings) console.log(finding);
if (findings.length === 0) console.log(writes ? 'Written.' : 'The public surface is as it was written down.');
else console.log('If that is meant: node .ci/surface.mjs --write, and say it in the changelog.');
process.exitCode = isFrozen && findings.length > 0 ? 1 : 0;

function surfaceOf(folder, { name, exports }) {
  const entries = Object.entries(exports).map(([entry, { types }]) => [entry, join(root, folder, types)]);
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true };
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    { ...options, skipLibCheck: true, types: ['node'] },
  );
  const checker = program.getTypeChecker();
  return entries
    .map(([entry, file]) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file));
      const names = checker.getExportsOfModule(module).toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return `## ${join(name, entry)}\n\n${names.map((symbol) => declared(checker, symbol)).join('\n')}`;
    })
    .join('\n');
}

function declared(checker, exported) {
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  if (symbol.getJsDocTags(checker).some((tag) => tag.name === 'internal'))
    findings.push(`${exported.name} is marked @internal, and exported`);
  const printer = ts.createPrinter({ removeComments: true });
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return withoutPrivate(printer.printNode(ts.EmitHint.Unspecified, statement, declaration.getSourceFile()));
  });
  return `### ${exported.name}\n\n${texts.join('\n')}\n`;
}

/** Private members are named in declarations, and are nobody's. */
function withoutPrivate(text) {
  return text.replaceAll(/^ +(#private|private .*|static #.*);\n/gm, '');
}

function difference(known, text) {
  const [had, has] = [known, text].map((all) => new Set(all.split(/^### /m)));
  const named = (some, other) => [...some].filter((one) => !other.has(one)).map((one) => one.split('\n')[0]);
  return `written down ${named(had, has).join(', ') || 'nothing'}; now ${named(has, had).join(', ') || 'nothing'}`;
}
