import { EXIT } from '@login-policy/cli';
import { writeFile } from 'node:fs/promises';
import Ajv from 'ajv';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { parse } from 'yaml';
import { FILE, plannedIn } from './planning.js';
import { describeBoth, Place, type Ran } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

const planned = (text: string, more?: string): Promise<Ran> => plannedIn(place, text, more);

/** A file that is wrong, and what has to be said about it. */
const wrong: Readonly<Record<string, readonly [file: string, said: string]>> = {
  'a setting that is mistyped': [
    FILE.replace('forceMfa', 'forceMFa'),
    'policies.yaml:4:5: settings.forceMFa is not a setting. Did you mean forceMfa?',
  ],
  'a malformed value': [
    FILE.replace('true', 'yes'),
    'policies.yaml:4:5: settings.forceMfa must be true or false, not "yes".',
  ],
  'a factor that is mistyped': [FILE.replace('TOTP', 'TOPT'), 'policies.yaml:7:21: secondFactors[0] must be one of'],
  'an unknown member of a policy': [
    FILE.replace('secondFactors', 'secondFactor'),
    'policies.yaml:7:5: policy.secondFactor is not a member of policy. Did you mean secondFactors?',
  ],
  'an unknown member of the file': [
    FILE.replace('organizations', 'organisations'),
    'policies.yaml:5:1: organisations is not a member of a policy file. Did you mean organizations?',
  ],
  'what is not YAML': [`${FILE}  - [\n`, 'policies.yaml:9:'],
  'a key that is there twice': [`${FILE}  acme: default\n`, 'policies.yaml:9:3: Map keys must be unique.'],
  'a policy that is a word': [
    FILE.replace('globex: default', 'globex: standard'),
    'policies.yaml:8:3: A policy must have the members',
  ],
  'organizations that are a list': [
    'instance: iam\norganizations: [acme]\n',
    'policies.yaml:2:1: organizations must have a member for each organization',
  ],
  'a malformed unlisted': ['unlisted: remove\n', 'policies.yaml:1:1: unlisted must be keep or default'],
  'an instance that lost its id': [
    FILE.replace('iam', ''),
    'policies.yaml:1:1: instance must be text, or be left out.',
  ],
  'an unlisted without a value': ['unlisted:\n', 'policies.yaml:1:1: unlisted must be text, or be left out.'],
  'a default that is an alias without an anchor': [
    `default: *typo\n`,
    'policies.yaml:1:10: The alias *typo has no anchor before it.',
  ],
  'organizations that are an alias without an anchor': [
    'unlisted: default\norganizations: *typo\n',
    'policies.yaml:2:16: The alias *typo has no anchor before it.',
  ],
  'a merge key': [
    FILE.replace('globex: default', '<<: { globex: default }'),
    'policies.yaml:8:3: Merge keys (<<) are not supported.',
  ],
  'a merge key of YAML 1.1': [
    `%YAML 1.1\n---\n${FILE.replace('globex: default', '<<: { forceMfa: true }')}`,
    'policies.yaml:10:3: Merge keys (<<) are not supported.',
  ],
  'a key that is a list': [FILE.replace('globex:', '? [globex]\n  :'), 'policies.yaml:8:5: Map keys must be text.'],
  'a key that is nothing': [FILE.replace('globex:', ':'), 'policies.yaml:8:1: Map keys must be text.'],
  'an organization that can’t be one': [
    FILE.replace('globex:', '"glo\\nbex":'),
    'policies.yaml:8:3: organization must be an id of 1 to 200 characters',
  ],
  'an instance that can’t be one': [
    FILE.replace('iam', '" "'),
    'policies.yaml:1:1: instance must be an id that is not',
  ],
  'two documents': [`${FILE}---\n${FILE}`, 'policies.yaml:9:1: The file must have one document only.'],
  'nothing at all': ['\n', 'policies.yaml:1:1: Expected a policy file with the members'],
  'an alias that grows and grows': [
    `default:\n  secondFactors: &a [x,x,x,x,x,x,x,x,x,x]\n  multiFactors: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n  identityProviders: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n  settings: [*c,*c,*c,*c,*c]\n`,
    'policies.yaml: Excessive alias count',
  ],
};

describeBoth('an invalid policy file', () => {
  it('is refused with line, column and nearest name, and no plan is written', async () => {
    for (const [what, [file, said]] of Object.entries(wrong)) {
      const { code, err, out } = await planned(file);
      expect(err, what).to.contain(said);
      expect([code, out], what).to.deep.equal([EXIT.data, '']);
    }
    expect((await place.run('apply plan.json')).code).to.equal(EXIT.noInput);
  });

  it('is refused if it is not text in UTF-8, in which an id would change', async () => {
    await writeFile(place.path('latin.yaml'), Buffer.from(FILE.replace('acme', 'zürich'), 'latin1'));
    const { code, err } = await place.run('plan latin.yaml');
    expect([code, err]).to.deep.equal([EXIT.data, 'The file latin.yaml is not text in UTF-8.\n']);
  });

  it('is refused if it is of another instance or an unknown organization', async () => {
    const other = await planned(FILE, ' --instance other');
    expect([other.code, other.err]).to.deep.equal([EXIT.refused, 'The file is of instance iam, not of other.\n']);
    await place.write('organizations', 'acme\nglobexx\n');
    const unknown = await planned(FILE, ' --organizations organizations');
    expect(unknown.code).to.equal(EXIT.data);
    expect(unknown.err)
      .to.contain('policies.yaml:8:3: Organization "globex" is not among the 2')
      .and.to.contain('Did you mean globexx?');
  });

  it('is refused if its instance has no policy, unless that is also named on the command line or the first', async () => {
    place.over('store');
    const policy = 'default: { secondFactors: [TOTP] }\n';
    await place.write('typo.yaml', `instance: iamm\n${policy}`);
    await place.write('nameless.yaml', policy);
    for (const line of ['plan typo.yaml --out plan.json', 'drift typo.yaml', 'drift nameless.yaml --instance iamm']) {
      const { code, err } = await place.run(line);
      expect([code, err], line).to.deep.equal([
        EXIT.refused,
        'Instance iamm has no policy in this store. Did you mean iam? To plan a new instance, name it in the file and by --instance.\n',
      ]);
    }
    expect((await place.run('plan typo.yaml --out plan.json --instance iamm')).code).to.equal(EXIT.different);
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
    expect((await place.run('drift typo.yaml')).code).to.equal(EXIT.done);
    await place.run('migrate --store sqlite:new.db');
    for (const line of ['plan typo.yaml', 'plan nameless.yaml --instance iamm'])
      expect((await place.run(`${line} --store sqlite:new.db`)).code, line).to.equal(EXIT.different);
  });

  it('is refused if it would lock people out, unless that is acknowledged', async () => {
    const lock = 'default:\n  settings: { forceMfa: true }\n  secondFactors: []\n  multiFactors: []\n';
    const { code, out } = await planned(lock);
    expect(code).to.equal(EXIT.refused);
    expect(out).to.contain(
      'refused: The default login policy of instance iam (sequence 4) was not changed, because that would lock people out',
    );
    const acknowledged = ' --acknowledge no-factor-left --acknowledge no-way-to-sign-in';
    expect((await planned(lock, acknowledged)).code).to.equal(EXIT.different);
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
  });

  it('may have ids of digits only, quoted or not', async () => {
    const { code } = await planned('organizations:\n  69629023906488334:\n    secondFactors: [U2F]\n');
    expect(code).to.equal(EXIT.different);
    await place.run('apply plan.json --yes');
    expect((await place.run('policy 69629023906488334')).out).to.contain(
      'Custom policy of organization 69629023906488334',
    );
    expect((await place.run('export')).out).to.contain('"69629023906488334":');
  });
});

describeBoth('a plan that can’t be applied', () => {
  it('is refused if it was edited, is of another version, or is not a plan', async () => {
    await planned(FILE);
    const plan = await place.read('plan.json');
    const tries = [
      [plan.replace('"forceMfa": true', '"forceMfa": false'), 'edited.json was changed since it was made.'],
      [
        plan.replace('"version": 1', '"version": 2'),
        'edited.json is a plan of version 2, but this program is version 1.',
      ],
      [FILE, 'edited.json is not a plan: it is not JSON. If it is a policy file, plan it first'],
      ['{}', 'edited.json is not a plan. Make one from a policy file'],
    ] as const;
    for (const [text, said] of tries) {
      await place.write('edited.json', text);
      const { code, err } = await place.run('apply edited.json --yes');
      expect(err).to.contain(said);
      expect(code).to.equal(EXIT.data);
    }
  });

  it('is refused if it was made on another store of the same instance', async () => {
    await place.seed('other.db');
    await planned(FILE);
    const { code, err } = await place.run('apply plan.json --yes --store sqlite:other.db');
    expect(code).to.equal(EXIT.refused);
    expect(err).to.match(
      /The plan was made on another store, or before a backup was restored|to another history than the plan/,
    );
  });
});

describe('the schema of a policy file', () => {
  it('accepts exported and valid files, and refuses typing errors', async () => {
    const schema: object = JSON.parse((await place.run('schema')).out);
    const validate = new Ajv.default({ strict: false }).compile(schema);
    const isValid = (text: string): unknown => validate(parse(text));
    expect(isValid((await place.run('export')).out)).to.equal(true);
    expect(isValid(FILE)).to.equal(true);
    for (const what of [
      'a setting that is mistyped',
      'a malformed value',
      'a factor that is mistyped',
      'a policy that is a word',
    ])
      expect(isValid(wrong[what]?.[0] ?? ''), what).to.equal(false);
  });
});
