import { freshInstance, openLoginPolicies, orThrow, type CommandInput, type OwnerRef } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { acme, by, instance, PASSKEY } from './policies.js';

const anyOwner = fc.constantFrom<OwnerRef>(instance, acme);
const anyCommand = fc.oneof(
  fc.boolean().map((forceMfa): CommandInput => ({ type: 'change', settings: { forceMfa } })),
  fc.constantFrom<CommandInput>(
    { type: 'customize' },
    { type: 'remove' },
    { type: 'set', policy: { settings: { hidePasswordReset: true } } },
    { type: 'set', policy: { secondFactors: ['U2F'] } },
    { type: 'removeMultiFactor', factor: PASSKEY },
    { type: 'addMultiFactor', factor: PASSKEY },
  ),
);
const anyChange = fc.record({ owner: anyOwner, command: anyCommand });
/** Commands of others before a look, after it, and at the same time as its command. */
const anyRun = fc.record({
  earlier: fc.array(anyChange, { maxLength: 3 }),
  mineAsked: anyChange,
  between: fc.array(anyChange, { maxLength: 2 }),
  beside: fc.array(anyChange, { maxLength: 2 }),
});

describe('in any order of a look, the commands of others, and its command', () => {
  it('what was carried out is what was shown, or nothing is', async () => {
    const count = { done: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(anyRun, async ({ earlier, mineAsked: { owner, command }, between, beside }) => {
        const store = openMemoryStore();
        await using mine = await openLoginPolicies({ store });
        await using others = await openLoginPolicies({ store });
        orThrow(await others.add(instance, freshInstance, by));
        for (const one of earlier) await others.execute(one.owner, one.command, by);
        const preview = await previewCommand(mine, owner, command);
        if (preview.outcome === 'rejected') return;
        const look = orThrow(await others.policy(instance)).policy.position;
        for (const one of between) await others.execute(one.owner, one.command, by);
        const [answer] = await Promise.all([
          mine.execute(owner, command, { ...by, ifSeen: preview.seen }),
          ...beside.map((one) => others.execute(one.owner, one.command, by)),
        ]);
        if (answer.outcome === 'rejected') {
          expect(answer.rejection.reason).to.equal('changed-since');
          count.refused++;
          return;
        }
        const recorded = answer.events.map(({ type, data }) => ({ type, data }));
        expect(recorded).to.deep.equal(preview.events.map(({ type, data }) => ({ type, data })));
        if (recorded.length === 0) return;
        const span = { from: { position: look }, to: { position: answer.position } };
        expect(orThrow(await others.diff(owner, span)).changes).to.deep.equal(preview.changes);
        count.done++;
      }),
      { numRuns: 300 },
    );
    expect(count.done, 'was carried out').to.be.greaterThan(20);
    expect(count.refused, 'was refused').to.be.greaterThan(20);
  });
});
