import { accept, type Decider, reject, streamId } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import {
  counter,
  deciderSpecification,
  steppingClock,
  type CounterCommand,
  type CounterEvent,
} from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Span } from './span.js';

const given = deciderSpecification(counter);
const counted = (by: number): CounterEvent => ({ type: 'Counted', data: { by } });
const removed = (at: number): CounterEvent => ({ type: 'CounterRemoved', data: { at } });
const count = (by: number): CounterCommand => ({ type: 'Count', data: { by } });

describe('given events, when a command', () => {
  it('passes for the events that came, the rejection that came and the state that came', () => {
    given().when(count(2)).thenEvents(counted(2));
    given(counted(1), counted(2)).when({ type: 'Remove' }).thenEvents(removed(3));
    given(counted(1), removed(1)).when({ type: 'Remove' }).thenRejected({ reason: 'nothing-counted' });
    given(counted(1)).when(count(4)).thenState({ total: 5 });
    given(counted(1), removed(1)).thenState(undefined);
  });

  it('fails for other, fewer, more or turned events, and names the first that differs', () => {
    const result = deciderSpecification(twice)().when(undefined);
    result.thenEvents(counted(1), counted(2));
    expect(() => result.thenEvents(counted(1), counted(3))).to.throw('events[1].data.by is 2, and 3 was expected');
    expect(() => result.thenEvents(counted(1))).to.throw('events[1] is ');
    expect(() => result.thenEvents()).to.throw('events[0] is ');
    expect(() => result.thenEvents(counted(1), counted(2), counted(3))).to.throw('events[2] is undefined');
    expect(() => result.thenEvents(counted(2), counted(1))).to.throw('events[0].data.by');
  });

  it('fails for events when the command was refused, and says with what', () => {
    const result = given().when(count(0));
    expect(() => result.thenEvents()).to.throw("refused with { by: 0, reason: 'not-positive' }");
    expect(() => result.thenState(undefined)).to.throw('refused with');
  });

  it('fails for a rejection when the command was accepted, also without events', () => {
    expect(() => given().when(count(1)).thenRejected({ reason: 'nothing-counted' })).to.throw('was accepted');
    const nothing = deciderSpecification({ ...twice, decide: () => accept<CounterEvent>() })().when(undefined);
    nothing.thenEvents();
    expect(() => nothing.thenRejected('no')).to.throw('was accepted with the events []');
  });

  it('fails for a rejection with other facts', () => {
    const result = given().when(count(-1));
    result.thenRejected({ reason: 'not-positive', by: -1 });
    expect(() => result.thenRejected({ reason: 'not-positive', by: -2 })).to.throw('rejection.by is -1, and -2');
    expect(() => result.thenRejected({ reason: 'nothing-counted' })).to.throw('rejection.');
  });

  it('tells a field that holds undefined from none', () => {
    const refusing: Decider<undefined, CounterEvent, undefined, { reason: string; factor?: string | undefined }> = {
      initial: undefined,
      evolve: () => undefined,
      decide: () => reject({ reason: 'no', factor: undefined }),
    };
    const result = deciderSpecification(refusing)().when(undefined);
    result.thenRejected({ reason: 'no', factor: undefined });
    expect(() => result.thenRejected({ reason: 'no' })).to.throw('rejection.factor');
  });

  it('fails for another state', () => {
    expect(() => given(counted(1)).thenState({ total: 2 })).to.throw('state.total is 1, and 2 was expected');
    expect(() => given(counted(1)).thenState(undefined)).to.throw('state is');
    expect(() => given(counted(1)).when(count(1)).thenState({ total: 1 })).to.throw('state.total is 2');
  });

  it('compares values of a class by what they are worth, not by what they remember', () => {
    const spans: Decider<undefined, { type: 'Lasted'; data: { span: Span } }, undefined, never> = {
      initial: undefined,
      evolve: () => undefined,
      decide: () => accept({ type: 'Lasted', data: { span: new Span('PT1H') } }),
    };
    const result = deciderSpecification(spans)().when(undefined);
    result.thenEvents({ type: 'Lasted', data: { span: new Span('PT1H') } });
    expect(() => result.thenEvents({ type: 'Lasted', data: { span: new Span('PT2H') } })).to.throw(
      'events[0].data.span',
    );
  });

  it('fails for a decider that changes a state in place, as a command handler does', () => {
    const adding: Decider<undefined, CounterEvent, { sum: number }, never> = {
      initial: { sum: 0 },
      evolve(state, event) {
        if (event.type === 'Counted') state.sum += event.data.by;
        return state;
      },
      decide: () => accept(),
    };
    expect(() => deciderSpecification(adding)(counted(1)).thenState({ sum: 1 })).to.throw(TypeError, 'read only');
  });

  it('carries a diff that a person can read', () => {
    const failure = catching(() => given().when(count(2)).thenEvents(counted(3)));
    expect(failure).to.include({ showDiff: true });
    expect(failure).to.have.property('actual').that.includes("type: 'Counted'").and.includes('by: 2');
    expect(failure).to.have.property('expected').that.includes('by: 3');
  });

  it('places the given events as a store would', () => {
    const seen: unknown[] = [];
    const watching: typeof counter = {
      ...counter,
      evolve(state, event) {
        const { id, streamId: stream, revision, position, recordedAt, schemaVersion, metadata } = event;
        seen.push([id.at(-1), stream, revision, ordinalOf(position), recordedAt, schemaVersion, metadata.actor]);
        return counter.evolve(state, event);
      },
    };
    const options = { streamId: streamId('Counter', '7'), clock: steppingClock('1970-01-01T00:00:00.000Z', 10) };
    deciderSpecification(watching, options)(counted(1), counted(2)).when(count(3)).thenState({ total: 6 });
    expect(seen).to.deep.equal([
      ['1', 'Counter-7', 0n, 1n, 0, 1, 'tester'],
      ['2', 'Counter-7', 1n, 2n, 10, 1, 'tester'],
      ['3', 'Counter-7', 2n, 3n, 20, 1, 'tester'],
    ]);
  });
});

/** Counts one and two, whatever it is asked. */
const twice: Decider<undefined, CounterEvent, undefined, string> = {
  initial: undefined,
  evolve: () => undefined,
  decide: () => accept(counted(1), counted(2)),
};

function catching(act: () => void): unknown {
  try {
    act();
  } catch (caught) {
    return caught;
  }
  throw new Error('nothing was thrown');
}
