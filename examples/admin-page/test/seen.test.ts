import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { readPolicy } from '../src/wire/reads.js';
import { INSTANCE } from '../src/wire/scope.js';
import { forgetSeen, noLessThanSeen, notePosition } from '../src/wire/seen.js';

const sound = globalThis.fetch;

/** Answers each request in its turn, and remembers what was asked. */
function answering(...answers: readonly Response[]): { readonly asked: Headers[] } {
  const asked: Headers[] = [];
  globalThis.fetch = async (_url, options) => {
    asked.push(new Headers(options?.headers));
    return answers[asked.length - 1] ?? new Response('{"details":[{"id":"LP-POLICY-01"}]}', { status: 404 });
  };
  return { asked };
}

afterEach(() => {
  globalThis.fetch = sound;
  forgetSeen();
});

describe('the newest position that the page knows', () => {
  it('is the latest position of all notifications and answers', () => {
    expect(noLessThanSeen()).to.deep.equal({});
    for (const place of ['7', '12', '9', null, 'rubbish']) notePosition(place);
    expect(noLessThanSeen()).to.deep.equal({ 'login-policy-at-least': '12' });
  });

  it('is required by the next read, so that an older answer cannot stay on the page', async () => {
    const { asked } = answering();
    notePosition('12');
    await readPolicy(INSTANCE);
    expect(asked[0]?.get('login-policy-at-least')).to.equal('12');
  });

  it('is discarded if the store was restored to an earlier state', async () => {
    const unknown = { code: 9, message: 'no', details: [{ id: 'LP-STORE-05', message: 'no' }] };
    const { asked } = answering(Response.json(unknown, { status: 400 }));
    notePosition('12');
    await readPolicy(INSTANCE);
    expect(asked.map((headers) => headers.get('login-policy-at-least'))).to.deep.equal(['12', null]);
  });
});
