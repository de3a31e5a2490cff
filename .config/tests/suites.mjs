import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * Every package that has tests, with their compiled files, as paths from the root; of the packages that are named, if any are.
 * A name may leave the first words of the folder's out: `sqlite` is `store-sqlite`.
 */
export function suitesOf(root, names) {
  const all = ['packages', 'examples'].flatMap((room) => suitesIn(root, room));
  const isMeant = (name, suite) => suite.name === name || suite.name.endsWith(`-${name}`);
  const strangers = names.filter((name) => !all.some((suite) => isMeant(name, suite)));
  const suites = all.filter((suite) => names.length === 0 || names.some((name) => isMeant(name, suite)));
  return { suites, strangers };
}

function suitesIn(root, room) {
  if (!existsSync(join(root, room))) return [];
  const suites = readdirSync(join(root, room)).map((name) => ({ name, files: filesOf(root, `${room}/${name}`) }));
  return suites.filter(({ files }) => files.length > 0);
}

function filesOf(root, member) {
  const folder = join(root, member, '.test-build');
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.js'));
  return found.map((file) => `${member}/.test-build/${file.split(sep).join('/')}`).sort();
}
