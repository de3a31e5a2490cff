import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { readAudit } from '../src/wire/audit.js';
import { readHistory } from '../src/wire/history.js';
import { INSTANCE } from '../src/wire/scope.js';

const sound = globalThis.fetch;
afterEach(() => (globalThis.fetch = sound));

describe('the reason of an event', () => {
  it('is shown in the order of its letters, in the history and in the audit log', async () => {
    const entry = {
      ...{ sequence: '1', recordedAt: '2026-11-29T00:00:00.000Z', type: 'MultiFactorRemoved', actor: 'ada', data: {} },
      ...{ reason: 'ticket \u202E4711', changes: [] },
    };
    globalThis.fetch = async () => Response.json({ lastSequence: '1', entries: [entry] });
    const { entries } = await readHistory(INSTANCE, { direction: 'forwards', limit: 1 });
    const audit = await readAudit({}, '', 1);
    for (const { reason } of [...entries, ...(audit?.entries ?? [])])
      expect(reason).to.equal('\u2068ticket 4711\u2069');
  });
});
