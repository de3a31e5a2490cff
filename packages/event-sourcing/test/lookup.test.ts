import { START, type Position } from '@login-policy/event-sourcing';
import { combined } from '#insides';
import type { Found } from '@login-policy/event-sourcing/store';
import { position } from '@login-policy/event-sourcing/values';
import { expect } from 'chai';
import { describe, it } from 'mocha';

/** What a look-up finds of one read model: a row under one key, at a checkpoint. */
function found(key: string, { id = '1', checkpoint = START }: { id?: string; checkpoint?: Position } = {}): Found {
  const model = { target: { name: 'tallies' }, id, checkpoint, rows: new Map([[key, 1]]) };
  return { token: undefined, head: START, inlineAtHead: [], ends: new Map(), receipts: [], models: [model] };
}

describe('the look-ups of one transaction', () => {
  it('find the rows of a read model together', () => {
    const [model] = combined([found('a'), found('b')]).models;
    expect([...(model?.rows.keys() ?? [])]).to.deep.equal(['a', 'b']);
  });

  it('leave out a read model that moved or was replaced between two of them', () => {
    for (const later of [found('b', { checkpoint: position(7n) }), found('b', { id: '2' })])
      expect(combined([found('a'), later]).models).to.deep.equal([]);
  });
});
