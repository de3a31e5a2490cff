/**
 * Breaks every wall of ARCHITECTURE once, in every form an import can take, and fails if the linter does not notice. Imports
 * that are allowed are planted too, and must pass: a wall that is everywhere is none.
 *
 * The plants grow in a copy of the workspace's folders elsewhere, so the sources are never touched.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { conclude, members, root, run, tool } from './workspace.mjs';
import { rooms } from './walls-table.mjs';

const rule = 'eslint(no-restricted-imports)';
const forms = {
  value: (name) => `import * as planted from '${name}';\nexport const kept = planted;\n`,
  type: (name) => `import type { Planted } from '${name}';\nexport type Kept = Planted;\n`,
  sideEffect: (name) => `import '${name}';\n`,
  reexport: (name) => `export { planted } from '${name}';\n`,
  star: (name) => `export * from '${name}';\n`,
  dynamic: (name) => `export const kept = await import('${name}');\n`,
};

const garden = mkdtempSync(join(tmpdir(), 'walls-'));
try {
  const plants = plantAll();
  const reported = await reportedIn(garden);
  const findings = [
    ...plants.filter(({ file, forbidden }) => forbidden !== reported.has(file)).map(sentenceOf),
    ...strangers(),
  ];
  conclude(findings, `${plants.filter(({ forbidden }) => forbidden).length} forbidden imports were noticed.`);
} finally {
  rmSync(garden, { recursive: true, force: true });
}

function plantAll() {
  cpSync(join(root, '.config'), join(garden, '.config'), { recursive: true });
  return Object.entries(rooms).flatMap(([room, { forbidden, allowed }]) => [
    ...forbidden.flatMap((name) => plant({ room, name, forbidden: true })),
    ...allowed.flatMap((name) => plant({ room, name, forbidden: false })),
  ]);
}

function plant({ room, name, forbidden }) {
  mkdirSync(join(garden, room), { recursive: true });
  return Object.entries(forms).map(([form, source]) => {
    const file = `${room}/${name.replaceAll(/[^a-z0-9]+/g, '-')}.${form}.${forbidden ? 'forbidden' : 'allowed'}.ts`;
    writeFileSync(join(garden, file), source(name));
    return { file, room, name, form, forbidden };
  });
}

async function reportedIn(cwd) {
  const command = [tool('oxlint'), '--config', '.config/oxlintrc.json', '--format', 'json', '.'];
  const { stdout, output } = await run(command, { cwd });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run:\n${output}`);
  const { diagnostics } = JSON.parse(stdout);
  return new Set(diagnostics.filter(({ code }) => code === rule).map(({ filename }) => filename.replaceAll('\\', '/')));
}

function sentenceOf({ room, name, form, forbidden }) {
  return forbidden
    ? `${room}: importing ${name} (${form}) is forbidden, and .config/oxlint-walls.json lets it pass.`
    : `${room}: importing ${name} (${form}) is allowed, and .config/oxlint-walls.json refuses it.`;
}

/** A new package has no walls before someone has drawn them. */
function strangers() {
  const drawn = Object.keys(rooms);
  return members()
    .filter((member) => !drawn.some((room) => room.startsWith(`${member}/`)) && !member.startsWith('examples/'))
    .map(
      (member) =>
        `${basename(member)} has no walls yet: draw them in .config/oxlint-walls.json and .ci/walls-table.mjs.`,
    );
}
