import { evaluateSignIn, freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import {
  signInRecorder,
  type SignInRecorder,
  type SignInSink,
  type SignInToRecord,
} from '@login-policy/domain/backtest';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { byPassword, Recorded } from './looking-back.js';
import { acme, by, instance } from './policies.js';
import { policy } from './sign-in-given.js';

const signIn = byPassword();
const one: SignInToRecord = {
  owner: acme,
  user: 'a pseudonym',
  isAdministrator: false,
  signIn,
  answer: evaluateSignIn(policy(), signIn),
  eventId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
};

/** A sink whose writes end when the test says so. */
function heldSink(): { readonly sink: SignInSink; readonly lines: string[]; readonly end: (failure?: Error) => void } {
  const lines: string[] = [];
  let end: (failure?: Error) => void = () => undefined;
  const write = (text: string): Promise<void> => {
    lines.push(text);
    return new Promise((resolve, reject) => {
      end = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
  };
  return { sink: { write }, lines, end: (failure) => end(failure) };
}

async function settled(recorder: SignInRecorder, recorded: number): Promise<void> {
  while (recorder.status().recorded + recorder.status().dropped < recorded) await Promise.resolve();
}

describe('the recorder of sign-ins', () => {
  it('writes one line of JSON a sign-in, with its schema and no name', () => {
    const lines: string[] = [];
    const recorder = signInRecorder({ write: (text) => void lines.push(text) });
    recorder.record(one);
    expect(lines.join('')).to.match(/^\{[^\n]+\}\n$/);
    expect(JSON.parse(lines.join(''))).to.deep.equal({
      ...{ v: 1, owner: acme, user: 'a pseudonym', isAdministrator: false, signIn },
      ...{ outcome: 'proceed', level: 'one-factor', eventId: one.eventId },
    });
  });

  it('never fails a sign-in: what a sink refuses is counted', async () => {
    const full = signInRecorder({
      write() {
        throw new Error('the disk is full');
      },
    });
    full.record(one);
    expect(full.status()).to.include({ recorded: 0, dropped: 1 });
    expect(String(full.status().lastFailure)).to.contain('the disk is full');
    const { end, sink } = heldSink();
    const recorder = signInRecorder(sink);
    recorder.record(one);
    end(new Error('gone'));
    await settled(recorder, 1);
    expect(recorder.status()).to.include({ recorded: 0, dropped: 1 });
  });

  it('never waits: lines gather while a sink is slow, up to a limit', async () => {
    const { end, lines, sink } = heldSink();
    const recorder = signInRecorder(sink, { mostWaiting: 1000 });
    for (let count = 0; count < 100; count++) recorder.record(one);
    const { dropped } = recorder.status();
    expect(dropped).to.be.within(90, 98);
    end();
    await settled(recorder, dropped + 1);
    end();
    await settled(recorder, 100);
    expect(recorder.status()).to.include({ recorded: 100 - dropped, dropped });
    expect(lines.join('').split('\n')).to.have.length(101 - dropped);
    recorder.record(one);
    end();
    await settled(recorder, 101);
    expect(recorder.status().recorded).to.equal(101 - dropped);
  });

  it('closes when everything is written, and drops what comes later', async () => {
    const { end, sink } = heldSink();
    let closed = false;
    const recorder = signInRecorder({ ...sink, close: () => void (closed = true) });
    recorder.record(one);
    const closing = recorder.close();
    recorder.record(one);
    expect(closed).to.equal(false);
    end();
    await closing;
    expect(closed).to.equal(true);
    expect(recorder.status()).to.include({ recorded: 1, dropped: 1 });
  });

  it('closes in time beside a sink that hangs', async () => {
    const recorder = signInRecorder(heldSink().sink, { closeMs: 20 });
    recorder.record(one);
    const fault = await recorder.close().catch((caught: unknown) => caught);
    expect(fault).to.include({ code: 'deadline-exceeded' });
  });

  it('refuses malformed options, and a sink that can not write', () => {
    expect(() => signInRecorder(Object({}))).to.throw('the sink must have a method write');
    expect(() => signInRecorder({ write: () => undefined }, Object({ mostWating: 1 }))).to.throw(
      'Did you mean mostWaiting?',
    );
  });

  it('drops what no policy has judged', () => {
    const recorder = signInRecorder({ write: () => undefined });
    recorder.record({ ...one, answer: evaluateSignIn({ stage: 'absent' }, signIn) });
    expect(recorder.status()).to.include({ recorded: 0, dropped: 1 });
  });

  it('drops what could not be read again, and names the member', () => {
    const lines: string[] = [];
    const recorder = signInRecorder({ write: (text) => void lines.push(text) });
    const wrong: readonly object[] = [
      { owner: { ...instance, organizationId: undefined } },
      { owner: undefined },
      { user: '' },
      { isAdministrator: undefined },
      { eventId: undefined },
      { owner: { instanceId: 'a\u0000b' } },
      { signIn: { ...signIn, at: undefined } },
    ];
    for (const [index, members] of wrong.entries()) {
      Reflect.apply(recorder.record, recorder, [{ ...one, ...members }]);
      const { dropped, lastFailure } = recorder.status();
      expect(dropped).to.equal(index + 1);
      expect(String(lastFailure)).to.include(Object.keys(members)[0]);
    }
    expect(lines).to.deep.equal([]);
  });

  it('closes its sink once, however often it is closed', async () => {
    let closed = 0;
    const recorder = signInRecorder({ write: () => undefined, close: () => void closed++ });
    await Promise.all([recorder.close(), recorder.close()]);
    await recorder.close();
    expect(closed).to.equal(1);
  });

  it('records what a second policy would have answered, and enforces nothing', async () => {
    const policies = await openLoginPolicies({ store: openMemoryStore() });
    orThrow(await policies.add(instance, freshInstance, by));
    const recorded = new Recorded(policies);
    await recorded.signIn(acme, signIn, { reportOnly: policy({ forceMfa: true }) });
    expect(JSON.parse(recorded.lines.join(''))).to.deep.include({
      outcome: 'proceed',
      level: 'one-factor',
      reportOnly: { outcome: 'set-up' },
    });
    expect((await recorded.back({ steps: [] })).effects.unchanged.signIns).to.equal(1);
    const recorder = signInRecorder({ write: () => undefined });
    expect(recorder.record({ ...one, reportOnly: policy({ forceMfa: true }) })).to.equal('hasToSetUp');
    expect(recorder.record(one)).to.equal(undefined);
    expect(recorder.status().reportOnly).to.include({ hasToSetUp: 1, unchanged: 0 });
  });
});
