import { isFault } from '@login-policy/event-sourcing';
import { orThrow, type LoginPolicies, type OrganizationList } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

const ids = Array.from({ length: 1200 }, (_, number) => `o-${number}`);
const list = (): readonly string[] => ids;

async function customize(loginPolicies: LoginPolicies, ...names: readonly string[]): Promise<void> {
  for (const organizationId of names) orThrow(await loginPolicies.customize({ ...instance, organizationId }, by));
}

describe('the organizations on the default policy', () => {
  const pagesOf = async (loginPolicies: LoginPolicies): Promise<readonly string[]> => {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = { limit: 500, ...(after !== undefined && { after }) };
      const { organizations, next } = orThrow(await loginPolicies.organizationsOnDefault(instance, page));
      found.push(...organizations.map(({ organizationId }) => organizationId));
      after = next;
    } while (after !== undefined);
    return found;
  };

  it('are listed by page, without those that have a custom policy', async () => {
    const listAfter: NonNullable<OrganizationList['listAfter']> = (_, after) => ids.slice(ids.indexOf(after) + 1);
    for (const organizations of [{ list }, { list, listAfter }]) {
      const { loginPolicies } = await openDesk({ organizations });
      orThrow(await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by));
      await customize(loginPolicies, 'o-7', 'o-499', 'o-1199');
      const wanted = ids.filter((id) => !['o-7', 'o-499', 'o-1199'].includes(id));
      expect(await pagesOf(loginPolicies)).to.deep.equal(wanted);
      await loginPolicies.close();
    }
  });

  it('are refused after an unknown organization, instead of ending the list', async () => {
    const { loginPolicies } = await openDesk({ organizations: { list } });
    const answer = await loginPolicies.organizationsOnDefault(instance, { after: 'gone' });
    expect(rejectionOf(answer)).to.include({ reason: 'invalid-argument', field: 'options.after' });
    await loginPolicies.close();
  });

  it('end when the signal fires, also for an endless directory', async () => {
    const control = new AbortController();
    function* endless(): Generator<string> {
      for (let count = 0; ; count++) {
        if (count === 20_000) control.abort();
        yield `o-${count}`;
      }
    }
    const { loginPolicies } = await openDesk({ organizations: { list: endless } });
    const wanted = { after: 'gone', signal: control.signal };
    const fault: unknown = await loginPolicies
      .organizationsOnDefault(instance, wanted)
      .catch((caught: unknown) => caught);
    expect(isFault(fault, 'deadline-exceeded')).to.equal(true);
    await loginPolicies.close();
  });

  it('are a defect if the directory repeats its page or an id: it would page without end (T41)', async () => {
    const page = ['o-1', 'o-2', 'o-3'];
    function* round(): Generator<string> {
      for (;;) yield* page;
    }
    for (const organizations of [
      { list: () => page, listAfter: () => page },
      { list: round },
      { list: () => page, listAfter: () => round() },
    ])
      for (const limit of [1, 2, 3]) {
        const { loginPolicies } = await openDesk({ organizations });
        const pages = async (after?: string): Promise<unknown> => {
          const options = { limit, ...(after !== undefined && { after }) };
          return pages(orThrow(await loginPolicies.organizationsOnDefault(instance, options)).next);
        };
        expect(await pages().catch(String)).to.match(/twice|after which/);
        await loginPolicies.close();
      }
  });

  it('are a defect without a directory', async () => {
    const { loginPolicies } = await openDesk();
    const failure = await loginPolicies.organizationsOnDefault(instance).catch(String);
    expect(failure).to.match(/organizations/);
    await loginPolicies.close();
  });
});
