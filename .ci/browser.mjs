/** The packages that call themselves pure are bundled for a browser, with all they import: nothing of Node may be left over. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { conclude, root } from './workspace.mjs';

/** What the bundler leaves in the place of a module that only Node has. */
const onlyInNode = /__vite-browser-external|from\s*["']node:/;
const packages = ['event-sourcing', 'domain'];

const vite = createRequire(join(root, 'examples', 'iam-server', 'package.json')).resolve('vite');
const { build } = await import(pathToFileURL(vite).href);
const findings = [];
for (const name of packages) {
  const entry = join(root, 'packages', name, 'dist', 'index.js');
  const lib = { entry, formats: ['es'], fileName: name };
  const [{ output }] = await build({
    root: join(root, 'packages', name),
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib },
  });
  const code = output.map((part) => part.code ?? '').join('\n');
  const found = onlyInNode.exec(code);
  if (found !== null) findings.push(`packages/${name} needs Node: ${code.slice(found.index, found.index + 80)}`);
}
conclude(findings, `${packages.join(' and ')} are bundled for a browser, without a module of Node.`);
