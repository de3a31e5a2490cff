import { CustomPolicies, type OnChanges } from '@login-policy/iam-server';
import { openMemoryStore, positionToString, START } from '@login-policy/event-sourcing';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('the cache of custom policies', () => {
  it('has each change that the feed has told of, also where rows lag behind changes by other processes', async () => {
    const store = openMemoryStore();
    const policies = await openLoginPolicies({ store });
    const [instance, by] = [{ instanceId: '1' }, { actor: 'somebody' }];
    orThrow(await policies.add(instance, freshInstance, by));
    orThrow(await policies.customize(of('a'), by));
    const older = await policies.readModel.read([]);
    let lagsBehind = START;
    // As a followed read model answers: with rows of a moment ago, unless the caller knows of a change.
    const read: LoginPolicies['readModel']['read'] = (streams, options) =>
      (options?.atLeast ?? START) < lagsBehind ? Promise.resolve(older) : policies.readModel.read(streams, options);
    let tell: OnChanges = () => undefined;
    const listen = (listener: OnChanges): (() => boolean) => {
      tell = listener;
      return () => true;
    };
    const custom = new CustomPolicies(
      {
        readModel: { read },
        organizationsWithCustomPolicy: (...given) => policies.organizationsWithCustomPolicy(...given),
      },
      { listen },
    );
    expect([...(await custom.of(instance)).keys()].toSorted()).to.deep.equal(['', 'a']);
    ({ position: lagsBehind } = orThrow(await policies.customize(of('b'), by)));
    tell([{ ...of('b'), sequence: '1', position: positionToString(lagsBehind) }]);
    expect([...(await custom.of(instance)).keys()].toSorted()).to.deep.equal(['', 'a', 'b']);
    await policies.close();
    await store.close();
  });
});

function of(organizationId: string): { readonly instanceId: string; readonly organizationId: string } {
  return { instanceId: '1', organizationId };
}
