import { readFile } from 'node:fs/promises';
import { openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { fixedClock, replay } from '@login-policy/testkit';
import { expect } from 'chai';
import { DateTime } from 'luxon';
import { before, describe, it } from 'mocha';

const instance = { instanceId: '69629023906488334' };
const acme = { ...instance, organizationId: 'acme' };
const globex = { ...instance, organizationId: 'globex' };

/** The tests run in `.test-build`; the history lies beside their sources, as it was recorded. */
const history = new URL('../histories/account-takeover.jsonl', import.meta.url);
const at = (time: string): DateTime => DateTime.fromISO(`2026-06-13T${time}Z`, { zone: 'utc' });

describe('the day an account was taken over, replayed', () => {
  let loginPolicies: LoginPolicies;

  before(async () => {
    // The day after: an instant is past, or not, by the clock of the store.
    const clock = fixedClock('2026-06-14T00:00:00.000Z');
    const store = await replay(await readFile(history, 'utf8'), { clock });
    loginPolicies = await openLoginPolicies({ store });
  });

  it('at 14:02 nobody on the default policy could sign in with a passkey; at 13:58 everybody could', async () => {
    const allowed = async (time: string) =>
      orThrow(await loginPolicies.multiFactors(acme, { asOf: { instant: at(time) } })).items;
    expect(await allowed('13:58:00')).to.deep.equal(['U2F_WITH_VERIFICATION']);
    expect(await allowed('14:02:00')).to.deep.equal([]);
    expect(await allowed('14:32:00')).to.deep.equal(['U2F_WITH_VERIFICATION']);
  });

  it('Globex was never affected: it has a custom policy', async () => {
    const { policy } = orThrow(await loginPolicies.effectivePolicy(globex, { asOf: { instant: at('14:02:00') } }));
    expect(policy).to.deep.include({ isDefault: false, multiFactors: ['U2F_WITH_VERIFICATION'] });
  });

  it('the history contains the actor, the time, and no reason', async () => {
    const { entries } = orThrow(await loginPolicies.history(instance));
    const removal = entries.find(({ type }) => type === 'MultiFactorRemoved');
    expect(removal).to.include({ actor: '177853428519633411', sequence: 6n }).and.not.to.have.property('reason');
    expect(removal?.recordedAt.toISO()).to.equal('2026-06-13T13:58:40.771Z');
  });

  it('a new rule can be tried on the replayed policy as it was after that day', async () => {
    const again = await loginPolicies.removeMultiFactor(instance, 'U2F_WITH_VERIFICATION', { actor: 'a test' });
    expect(again).to.include({ outcome: 'accepted' }).and.to.have.nested.property('details.sequence', 9n);
  });
});
