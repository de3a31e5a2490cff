import {
  accept,
  CommandHandler,
  eventCodec,
  openMemoryStore,
  streamId,
  toJsonObject,
  type CommandContext,
  type Decider,
  type EventMetadata,
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

async function handled(context: CommandContext): Promise<Handled<Named, Names, never>> {
  const handler = new CommandHandler({
    eventStore: openMemoryStore().eventStore,
    decider: naming,
    events: eventCodec<Named>({ Named: schema, Renamed: schema }),
  });
  return handler.handle(stream, {}, context);
}

function withoutSalts({ actorSalt: _, reasonSalt: __, ...others }: Partial<EventMetadata> = {}): object {
  return others;
}

async function recordedBy(context: CommandContext): Promise<readonly Recorded<Named>[]> {
  const answer = await handled(context);
  return answer.outcome === 'accepted' ? answer.events : [];
}

describe('the events of one command', () => {
  it('share one frozen metadata object', async () => {
    const [one, other] = await recordedBy({ actor: 'tester' });
    expect(withoutSalts(one?.metadata)).to.deep.equal({ actor: 'tester', correlationId: one?.id });
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
    expect((await recordedBy(said)).map(({ metadata }) => withoutSalts(metadata))).to.deep.equal([said, said]);
    const [one] = await recordedBy({ actor: 'tester', ...undefineds });
    expect(Object.keys(withoutSalts(one?.metadata))).to.deep.equal(['actor', 'correlationId']);
  });

  it('have two salts of 16 random bytes, for the actor and the reason, which no other command has', async () => {
    const salts = new Set<string | undefined>();
    for (let count = 0; count < 200; count++) {
      const [one] = await recordedBy({ actor: 'tester' });
      salts.add(one?.metadata.actorSalt).add(one?.metadata.reasonSalt);
    }
    expect(salts.size).to.equal(400);
    for (const salt of salts) expect(salt).to.match(/^[\w-]{22}$/);
  });

  it('result in a frozen state', async () => {
    const { state } = await handled({ actor: 'tester' });
    expect(state).to.deep.equal({ names: ['first', 'second'] });
    expect([Object.isFrozen(state), Object.isFrozen(state.names)]).to.deep.equal([true, true]);
  });
});
