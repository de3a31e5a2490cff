import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { openAuditLog } from '@login-policy/domain/audit';
import { type EventStore, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openAudited, other, seed } from './audited.js';
import { by, instance, PASSKEY } from './policies.js';

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

describe('an export of the audit log', () => {
  it('is JSON Lines of all matching entries, and ends with the position up to which it is complete', async () => {
    const desk = await openAudited();
    await seed(desk);
    const answer = orThrow(await desk.auditLog.export(instance, { format: 'json-lines' }));
    const lines = (await textOf(answer.text))
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines).to.have.length(10);
    expect(lines.at(-1)).to.deep.equal({ end: { position: String(answer.position), entries: 9 } });
    expect(lines[5]).to.deep.include({
      actor: 'bob',
      organizationId: 'acme',
      sequence: '3',
      data: { factor: PASSKEY },
    });
    const upTo = orThrow(await desk.auditLog.entries(instance, { direction: 'forwards' })).entries[4]?.position;
    const part = orThrow(
      await desk.auditLog.export(instance, {
        format: 'json-lines',
        actor: 'alice',
        ...(upTo !== undefined && { upTo }),
      }),
    );
    expect((await textOf(part.text)).trimEnd().split('\n')).to.have.length(6);
    await desk.close();
  });

  it('is cut short by a restore that loses the position up to which it was to be complete', async () => {
    const whole = openMemoryStore();
    let isRestored = false;
    const knows: EventStore['knows'] = async (...asked) => !isRestored && whole.eventStore.knows(...asked);
    const store: Store = { ...whole, eventStore: delegating(whole.eventStore, { knows }) };
    const [loginPolicies, auditLog] = [await openLoginPolicies({ store }), await openAuditLog({ store })];
    orThrow(await loginPolicies.add(instance, {}, by));
    const { text } = orThrow(await auditLog.export(instance, { format: 'json-lines' }));
    orThrow(await loginPolicies.addSecondFactor(instance, 'U2F', by));
    isRestored = true;
    const thrown: unknown = await textOf(text).catch((caught: unknown) => caught);
    expect(thrown).to.have.property('code', 'position-unknown');
    await Promise.all([auditLog.close(), loginPolicies.close()]);
  });

  it('excludes events after the position up to which it is complete', async () => {
    const desk = await openAudited();
    await seed(desk);
    const { text } = orThrow(await desk.auditLog.export(instance, { format: 'csv' }));
    orThrow(await desk.loginPolicies.addSecondFactor(instance, 'U2F', by));
    expect((await textOf(text)).trimEnd().split('\r\n')).to.have.length(10);
    await desk.close();
  });

  it('may be CSV with quoted cells, none of which is a formula', async () => {
    const desk = await openAudited();
    const { loginPolicies, auditLog } = desk;
    orThrow(await loginPolicies.add(instance, {}, by));
    const reasons = ['=HYPERLINK("http://evil")', '  +1', '-2', '@SUM(A1)', '\t=1', 'a "b", c\nd', '＝1', 'plain'];
    for (const reason of reasons)
      orThrow(
        await loginPolicies.add(
          { ...other, organizationId: reason.trim().split('\n').join(' ') },
          {},
          { ...by, reason },
        ),
      );
    const { text } = orThrow(await auditLog.export(other, { format: 'csv' }));
    const csv = await textOf(text);
    const [header = '', ...lines] = csv.split('\r\n');
    expect(header).to.match(
      /^"position","recordedAt","actor","instanceId","organizationId","sequence","type","data","reason"/,
    );
    expect(lines.pop()).to.equal('');
    expect(lines).to.have.length(reasons.length);
    const cells = (line: string): readonly string[] =>
      [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell.replaceAll('""', '"'));
    for (const [place, reason] of reasons.entries()) {
      const found = cells(lines[place] ?? '');
      const isArmed = place < 5 || place === 6;
      expect(found[8]).to.equal(isArmed ? `'${reason}` : reason);
      for (const cell of found) expect(cell).not.to.match(/^\s*[=+\-@＝]/);
    }
    await desk.close();
  });
});
