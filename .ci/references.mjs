/**
 * `tsc -b .config` builds everything: each package and its tests stand in the solution file, and each package references
 * exactly the workspace packages that its package.json names, its tests those that they import. After a set-up each test is
 * there to be run.
 *
 * With --write it first writes the solution file anew.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { conclude, manifestOf, members, ourFiles, root, textOf } from './workspace.mjs';

const solution = '.config/tsconfig.json';
const byName = new Map(members().map((member) => [manifestOf(member).name, member]));
const projects = members()
  .flatMap((member) => [member, `${member}/page`, `${member}/test`])
  .filter(holdsSources);
if (process.argv.includes('--write')) writeSolution();
const listed = referencesOf(solution);

const findings = [
  ...projects.filter((project) => !exists(`${project}/tsconfig.json`)).map((it) => `${it} has no tsconfig.json`),
  ...projects.filter((project) => !listed.includes(project)).map((it) => `${solution} does not list ${it}`),
  ...listed
    .filter((project) => !exists(`${project}/tsconfig.json`))
    .map((it) => `${solution} lists ${it}, which is not there`),
  ...members().filter(holdsSources).flatMap(differences),
  ...members().flatMap(missingInTests),
  ...members().flatMap(testsNotCompiled),
];
conclude(findings, `${projects.length} projects are built by \`tsc -b .config\`.`);

function holdsSources(project) {
  const folder = project.endsWith('/test') ? project : `${project}/src`;
  return ourFiles(folder, /\.tsx?$/).length > 0;
}

/** What the code of a member depends on is built before it; a reference that no dependency stands for is a wall with a hole. */
function differences(member) {
  const { dependencies = {} } = manifestOf(member);
  const needed = Object.keys(dependencies).flatMap((name) => byName.get(name) ?? []);
  const referenced = exists(`${member}/tsconfig.json`) ? referencesOf(`${member}/tsconfig.json`) : [];
  return [
    ...needed.filter((it) => !referenced.includes(it)).map((it) => `${member}/tsconfig.json does not reference ${it}`),
    ...referenced.filter((it) => !needed.includes(it)).map((it) => `${member}/package.json does not depend on ${it}`),
  ];
}

/** Without the reference a first build compiles the tests before what they import. */
function missingInTests(member) {
  const project = `${member}/test`;
  if (!projects.includes(project) || !exists(`${project}/tsconfig.json`)) return [];
  const texts = ourFiles(project, /\.ts$/).map(textOf).join('\n');
  const imported = [...byName].filter(
    ([name]) => texts.includes(`from '${name}'`) || texts.includes(`import('${name}')`),
  );
  const referenced = referencesOf(`${project}/tsconfig.json`);
  return imported
    .filter(([, needed]) => !referenced.includes(needed))
    .map(([name]) => `${project}/tsconfig.json does not reference ${name}, which its tests import`);
}

/** A test that is not compiled is not run, and nobody is told. */
function testsNotCompiled(member) {
  const compiled = (path) => `${member}/.test-build/${path.replace(/\.ts$/, '.js')}`;
  return [
    ...ourFiles(`${member}/test`, /\.test\.ts$/).map((file) => [
      file,
      compiled(posix.relative(`${member}/test`, file)),
    ]),
    ...ourFiles(`${member}/page/test`, /\.test\.ts$/).map((file) => [file, compiled(posix.relative(member, file))]),
  ]
    .filter(([, output]) => !exists(output))
    .map(([file, output]) => `${file} was not compiled to ${output}`);
}

function writeSolution() {
  const lines = projects.map((project) => `    { "path": "../${project}" }`).join(',\n');
  writeFileSync(join(root, solution), `{\n  "files": [],\n  "references": [\n${lines}\n  ]\n}\n`);
}

function referencesOf(file) {
  const { references = [] } = JSON.parse(textOf(file));
  return references.map(({ path }) => posix.join(posix.dirname(file), path));
}

function exists(file) {
  return existsSync(join(root, file));
}
