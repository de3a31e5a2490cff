import { describe, it } from 'mocha';
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';

const SOURCES = new URL('../src/', import.meta.url);
const PAGE = new URL('../../../docs/reference/api-errors.md', import.meta.url);

function idsIn(text: string, mark: string): readonly string[] {
  return [...text.matchAll(new RegExp(`${mark}(LP-[A-Z0-9-]+)${mark}`, 'g'))].flatMap(([, id]) => id ?? []);
}

describe('the ids of refusals', () => {
  it('are unique, and match the reference', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const given = files.flatMap((name) => idsIn(readFileSync(new URL(name, SOURCES), 'utf8'), "'"));
    expect([...given].sort()).to.deep.equal([...new Set(given)].sort());
    const listed = readFileSync(PAGE, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('- `LP-'))
      .flatMap((line) => idsIn(line, '`').slice(0, 1));
    expect([...listed].sort()).to.deep.equal([...given].sort());
  });
});
