import type { Decider } from '@login-policy/event-sourcing';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PlainSpan, Span } from './span.js';

const SAME: readonly (readonly [string, unknown, unknown])[] = [
  ['texts', 'a', 'a'],
  ['not-a-numbers', Number.NaN, Number.NaN],
  ['big integers', 7n, 7n],
  ['plain objects, in whatever order', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ['objects without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['moments', new Date(5), new Date(5)],
  ['maps', new Map([['a', [1]]]), new Map([['a', [1]]])],
  ['maps in another order', new Map(Object.entries({ a: 1, b: 2 })), new Map(Object.entries({ b: 2, a: 1 }))],
  ['sets', new Set([1, 2]), new Set([1, 2])],
  ['values that know what they equal', [new Span('PT1H')], [new Span('PT1H')]],
  ['values that know their JSON', [new PlainSpan('PT1H')], [new PlainSpan('PT1H')]],
  ['errors', new TypeError('a', { cause: [1] }), new TypeError('a', { cause: [1] })],
  ['patterns', /a/i, /a/i],
];

const DIFFERENT: readonly (readonly [path: string, actual: unknown, expected: unknown])[] = [
  ['state', 1, '1'],
  ['state', 0, -0],
  ['state', 1n, 1],
  ['state', null, undefined],
  ['state', null, {}],
  ['state', [], {}],
  ['state', new Date(5), new Date(6)],
  ['state', new Span('PT1H'), 'PT1H'],
  ['state', new Span('PT1H'), new PlainSpan('PT1H')],
  ['state.at', { at: new Date(5) }, { at: '1970-01-01T00:00:00.005Z' }],
  ['state.b', { a: 1, b: undefined }, { a: 1 }],
  ['state.b', { a: 1 }, { a: 1, b: undefined }],
  ['state["b c"][1].d', { 'b c': [0, { d: 1 }] }, { 'b c': [0, { d: 2 }] }],
  ['state[2]', [1, 2, 3], [1, 2]],
  ['state[0]', [undefined], []],
  ['state["a"].b', new Map([['a', { b: 1 }]]), new Map([['a', { b: 2 }]])],
  ['state["b"]', new Map([['a', 1]]), new Map(Object.entries({ a: 1, b: 2 }))],
  ['state[1]', new Set([1, 2]), new Set([1, 3])],
  ['state[0].span', [{ span: new Span('PT1H') }], [{ span: new Span('PT2H') }]],
  ['state[0].span', [{ span: new PlainSpan('PT1H') }], [{ span: new PlainSpan('PT2H') }]],
  ['state.message', new Error('a'), new Error('b')],
  ['state.cause', new Error('a', { cause: 1 }), new Error('a')],
  ['state.cause.message', new Error('a', { cause: new Error('b') }), new Error('a', { cause: new Error('c') })],
  ['state.errors[0].message', new AggregateError([new Error('a')]), new AggregateError([new Error('b')])],
  ['state.code', Object.assign(new Error('a'), { code: 1 }), Object.assign(new Error('a'), { code: 2 })],
  ['state', /a/, /b/],
  ['state', /a/, /a/i],
  ['state', new ArrayBuffer(1), new ArrayBuffer(2)],
  ['state.__proto__', JSON.parse('{"__proto__":1}'), JSON.parse('{}')],
];

describe('the comparison of given/when/then', () => {
  for (const [what, actual, expected] of SAME) {
    it(`finds no difference between equal ${what}`, () => compare(actual, expected));
  }

  for (const [index, [path, actual, expected]] of DIFFERENT.entries()) {
    it(`finds the difference at ${path} (${index + 1})`, () => {
      expect(() => compare(actual, expected)).to.throw(`${path} is `);
      expect(() => compare(expected, actual)).to.throw(`${path} is `);
    });
  }
});

function compare(actual: unknown, expected: unknown): void {
  const decider: Decider<never, never, unknown, never> = {
    initial: actual,
    evolve: (state) => state,
    decide: (command) => command,
  };
  deciderSpecification(decider)().thenState(expected);
}
