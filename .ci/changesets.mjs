/** Each changeset names public packages of this workspace, says how big the step is, and tells a user something. */
import { conclude, ourFiles, published, textOf } from './workspace.mjs';

const packages = published();
const names = packages.map(({ name }) => name);
const files = ourFiles('.changeset', /\.md$/).filter((file) => !file.endsWith('/README.md'));
const versions = [...new Set(packages.map(({ version }) => version))];

conclude(
  [
    ...files.flatMap(findingsIn),
    ...(versions.length > 1 ? [`the packages have one version for all, not ${versions.join(' and ')}`] : []),
  ],
  `${files.length} changesets name packages that exist.`,
);

function findingsIn(file) {
  const [, head, summary] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(textOf(file)) ?? [];
  if (head === undefined) return [`${file} has no front matter`];
  const steps = head.split('\n').filter((line) => line.trim() !== '');
  return [
    ...steps.flatMap((line) => findingIn(file, line)),
    ...(summary.trim() === '' ? [`${file} says nothing`] : []),
  ];
}

function findingIn(file, line) {
  const [, name, step] = /^['"]([^'"]+)['"]: (\w+)$/.exec(line) ?? [];
  if (name === undefined) return [`${file}: "${line}" is not 'package': step`];
  if (!names.includes(name)) return [`${file}: ${name} is not a public package of this workspace`];
  return ['major', 'minor', 'patch'].includes(step) ? [] : [`${file}: ${step} is neither major, minor nor patch`];
}
