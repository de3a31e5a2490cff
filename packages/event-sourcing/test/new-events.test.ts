import {
  accept,
  CommandHandler,
  eventCodec,
  openMemoryStore,
  streamId,
  toJsonObject,
  type CommandContext,
  type Decider,
  type Handled,
  type Recorded,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

type Named =
  | { readonly type: 'Named'; readonly data: { readonly name: string } }
  | { readonly type: 'Renamed'; readonly data: { readonly name: string } };

interface Names {
  readonly names: readonly string[];
}

const stream = streamId('thing', 'a');
const schema = {
  upcasters: [],
  read: (data: object) => ({ name: String(Reflect.get(data, 'name')) }),
  write: toJsonObject,
};

/** Names a thing twice by one command. */
const naming: Decider<object, Named, Names, never> = {
  initial: { names: [] },
  evolve: ({ names }, { data }) => ({ names: [...names, data.name] }),
  decide: () => accept({ type: 'Named', data: { name: 'first' } }, { type: 'Renamed', data: { name: 'second' } }),
};

async function handled(context: CommandContext, newFrom?: number): Promise<Handled<Named, Names, never>> {
  const handler = new CommandHandler({
    eventStore: openMemoryStore().eventStore,
    decider: naming,
    events: eventCodec<Named>({ Named: schema, Renamed: newFrom === undefined ? schema : { ...schema, newFrom } }),
    newShapes: 'not-yet',
  });
  return handler.handle(stream, {}, context);
}

async function recordedBy(context: CommandContext): Promise<readonly Recorded<Named>[]> {
  const answer = await handled(context);
  return answer.outcome === 'accepted' ? answer.events : [];
}

describe('the events of one command', () => {
  it('share one frozen metadata object', async () => {
    const [one, other] = await recordedBy({ actor: 'tester' });
    expect(one?.metadata).to.deep.equal({ actor: 'tester', correlationId: one?.id });
    expect(other?.metadata).to.equal(one?.metadata);
    expect(Object.isFrozen(one?.metadata)).to.equal(true);
    expect(other?.id).to.not.equal(one?.id);
  });

  it('have only the given members of metadata', async () => {
    const said = { actor: 'tester', correlationId: 'c', causationId: 'd', idempotencyKey: 'k', reason: '' };
    const undefineds = {
      correlationId: undefined,
      causationId: undefined,
      idempotencyKey: undefined,
      reason: undefined,
    };
    expect((await recordedBy(said)).map(({ metadata }) => metadata)).to.deep.equal([said, said]);
    const [one] = await recordedBy({ actor: 'tester', ...undefineds });
    expect(Object.keys(one?.metadata ?? {})).to.deep.equal(['actor', 'correlationId']);
  });

  it('result in a frozen state', async () => {
    const { state } = await handled({ actor: 'tester' });
    expect(state).to.deep.equal({ names: ['first', 'second'] });
    expect([Object.isFrozen(state), Object.isFrozen(state.names)]).to.deep.equal([true, true]);
  });

  it('are all refused if one has a schema version that is not yet allowed', async () => {
    expect(await handled({ actor: 'tester' }, 1)).to.deep.include({
      outcome: 'rejected',
      rejection: { reason: 'shape-not-yet-allowed', type: 'Renamed', schemaVersion: 1 },
    });
    expect(await handled({ actor: 'tester' }, 2)).to.have.property('outcome', 'accepted');
  });
});
