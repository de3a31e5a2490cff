import { readFile } from 'node:fs/promises';
import { defaultSettings } from '@login-policy/domain';
import { LIFETIME_NAMES, LOCK_OUTS, SETTING_NAMES } from '@login-policy/domain/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { COMMAND_NAMES } from './arbitraries.js';

async function read(path: string): Promise<string> {
  return readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

/** The types of the events of the code, as it declares them. */
async function eventTypes(): Promise<readonly string[]> {
  const source = await read('packages/domain/src/policy/events.ts');
  return [...source.matchAll(/readonly type: '(\w+)'/g)].flatMap(([, type]) => type ?? []);
}

/** The commands that carry a whole policy; the page gives none of them. */
const WHOLE_POLICIES: readonly string[] = ['add', 'set'];

/** What a new name must be added to, where the compiler tells nothing (CONTRIBUTING.md, the recipes). */
describe('each name is told to the reader', () => {
  it('of a setting and a lifetime: by the reference, and the page of the administrator', async () => {
    const [page, words] = await Promise.all(
      ['docs/reference/login-policies.md', 'examples/admin-page/src/words/settings.ts'].map(read),
    );
    for (const name of [...SETTING_NAMES, ...LIFETIME_NAMES, ...LOCK_OUTS]) expect(page).to.contain(`\`${name}\``);
    for (const name of [...SETTING_NAMES, ...LIFETIME_NAMES]) expect(words).to.match(new RegExp(`\\b${name}\\b`, 'u'));
  });

  it('of a switch: by the names that the page reads and writes', async () => {
    const wire = await read('examples/admin-page/src/wire/settings.ts');
    const listed = /SWITCH_NAMES = \[(.*?)\]/su.exec(wire)?.[1] ?? '';
    const named = [...listed.matchAll(/'(\w+)'/gu)].map(([, name]) => name);
    expect(named).to.have.members(SETTING_NAMES.filter((name) => typeof defaultSettings[name] === 'boolean'));
  });

  it('of an event: by the page of recorded events, a stored example, and the page of the administrator', async () => {
    const [page, examples, words, model] = await Promise.all(
      [
        'docs/reference/events.md',
        'packages/domain/test/stored-events/v1.json',
        'examples/admin-page/src/words/audit.ts',
        'packages/domain/src/model.ts',
      ].map(read),
    );
    const types = await eventTypes();
    expect(types).to.include('MultiFactorRemoved').and.to.have.length.above(8);
    for (const type of types) {
      expect(page).to.contain(`\`${type}\``);
      expect(examples).to.contain(`"${type}"`);
      // Its name, and what it did.
      expect(words).to.match(new RegExp(`'${type}'.*'${type}'`, 'su'));
      expect(model).to.match(new RegExp(`\\b${type}\\b`, 'u'));
    }
  });

  it('of a command: by the reference, and the page of the administrator', async () => {
    const [page, words] = await Promise.all(
      ['docs/reference/login-policies.md', 'examples/admin-page/src/words/proposal.ts'].map(read),
    );
    for (const name of COMMAND_NAMES) {
      expect(page).to.contain(`\`${name}(`);
      if (!WHOLE_POLICIES.includes(name)) expect(words).to.contain(`'${name}'`);
    }
  });
});
