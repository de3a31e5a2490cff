import { createHash } from 'node:crypto';
import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { GLOBEX, INSTANCE, Place } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

const IMPORT = `instance: old
policies:
  - at: 2024-05-01T10:00:00Z
    by: anna
    reason: first
    policy: { secondFactors: [TOTP], multiFactors: [U2F_WITH_VERIFICATION] }
  - at: 2025-01-01T00:00:00+01:00
    organization: 0815
    policy: { settings: { forceMfa: true }, secondFactors: [U2F] }
  - at: 2024-06-01T10:00:00Z
    policy: { multiFactors: [] }
`;

/** Each file is refused with its sentence. */
async function demandRefused(tries: readonly (readonly [text: string, said: string])[]): Promise<void> {
  for (const [text, said] of tries) {
    await place.write('old.yaml', text);
    const { code, err } = await place.run('import old.yaml --yes');
    expect(err).to.contain(said);
    expect(code, said).to.equal(EXIT.data);
  }
}

describe('importing the policies of an IAM', () => {
  it('records them with their dates, exactly once', async () => {
    await place.write('old.yaml', IMPORT);
    const { code, out, err } = await place.run('import old.yaml --yes');
    expect([code, out, err]).to.deep.equal([EXIT.done, 'Took over 3 states of 2 policies.\n', '']);
    const then = await place.run('policy --instance old --as-of 2024-05-15T00:00:00Z --json');
    expect(then.out).to.contain('U2F_WITH_VERIFICATION').and.to.contain('2024-05-01T10:00:00.000Z');
    expect((await place.run('policy --instance old')).out).to.contain(
      'created 2024-05-01T10:00:00.000Z, changed 2024-06-01T10:00:00.000Z',
    );
    expect((await place.run('history 0815 --instance old')).out).to.contain(
      '2024-12-31T23:00:00.000Z  LoginPolicyAdded by operator',
    );
    const again = await place.run('import old.yaml --yes');
    expect([again.code, again.out]).to.deep.equal([
      EXIT.done,
      'Took over 3 states of 2 policies before; nothing is new.\n',
    ]);
    expect((await place.run('history --instance old --json')).out).to.contain('"lastSequence": "4"');
    expect((await place.run('verify')).code).to.equal(EXIT.done);
  });

  it("takes nobody else's event for its own, whatever its correlation id", async () => {
    await place.write('old.yaml', IMPORT);
    const correlationId = `import ${createHash('sha256').update(IMPORT).digest('hex')}`;
    await place.policies(async (policies) => {
      orThrow(await policies.add({ instanceId: 'old' }, {}, { actor: 'somebody', correlationId }));
    });
    const { code, err } = await place.run('import old.yaml --yes');
    expect([code, err]).to.deep.equal([
      EXIT.data,
      "old.yaml:3:5: Default policy of instance old already has events, and earlier ones can't be inserted before them.\n",
    ]);
  });

  it('is refused with line and column: existing events, a future instant, an unknown member', async () => {
    const tries = [
      [IMPORT.replace('old', 'iam'), 'old.yaml:3:5: Default policy of instance iam already has events'],
      [IMPORT.replace('2024-05', '2999-05'), 'old.yaml:3:5: at must be a past instant'],
      [IMPORT.replace('at: 2024-06-01T10:00:00Z', 'at: June'), 'old.yaml:10:5: at must be a past instant'],
      [IMPORT.replace('reason', 'reson'), 'old.yaml:5:5: reson is not a member here. Did you mean reason?'],
      [IMPORT.replace('TOTP', 'TOPT'), 'old.yaml:6:31: secondFactors[0] must be one of'],
      [IMPORT.replace('policies:', 'policy:'), 'old.yaml:2:1: policy is not a member here.'],
    ] as const;
    await demandRefused(tries);
    expect(orThrow(await place.policies((policies) => policies.history(GLOBEX))).lastSequence).to.equal(4n);
    expect(INSTANCE.instanceId).to.equal('iam');
  });

  it('records nothing of a file of which any state would be refused, such as one whose organization lost its id', async () => {
    const tries = [
      [IMPORT.replace('0815', ''), 'old.yaml:8:5: organization must be text, or be left out.'],
      [IMPORT.replace('0815', '[0815]'), 'old.yaml:8:5: organization must be text, or be left out.'],
      [IMPORT.replace('0815', '""'), 'old.yaml:8:5: owner.organizationId must be'],
      [IMPORT.replace('instance: old', 'instance:'), 'old.yaml:1:1: instance must be text, or be left out.'],
      [IMPORT.replace('anna', ''), 'old.yaml:4:5: by must be text, or be left out.'],
      [IMPORT.replace('anna', '" "'), 'old.yaml:4:5: by must be an id that is not blank'],
      [IMPORT.replace('reason: first', `reason: ${'x'.repeat(2001)}`), 'old.yaml:5:5: reason must be'],
      [IMPORT.replace('{ multiFactors: [] }', 'removed'), 'old.yaml:11:5: owner.organizationId must be'],
      [
        `${IMPORT}  - { at: 2025-01-02T00:00:00Z, organization: nobody, policy: removed }\n`,
        'old.yaml:12:55: There is no such login policy',
      ],
    ] as const;
    await demandRefused(tries);
    expect((await place.run('verify')).out).to.contain('8 events in 2 streams');
  });
});
