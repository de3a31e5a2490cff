import { PassThrough } from 'node:stream';
import { askOn, EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place, type Ran } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

/** Runs a change whose question is answered by these keys of a terminal. */
async function answeredBy(keys: string): Promise<Ran> {
  const [input, output, interruption] = [new PassThrough(), new PassThrough(), new AbortController()];
  output.resume();
  const terminal = { input, output, interrupted: interruption.signal, interrupt: () => interruption.abort() };
  const ask = (question: string): Promise<string> => {
    const answer = askOn(terminal, question);
    input.write(keys);
    return answer;
  };
  return place.run('change forceMfa=yes', { ask, interrupted: interruption.signal });
}

describe('a question on a terminal', () => {
  it('is answered by a line', async () => {
    const no = await answeredBy('n\r');
    expect([no.code, no.out.endsWith('Nothing was done.\n')]).to.deep.equal([EXIT.refused, true]);
    expect((await answeredBy('y\r')).code).to.equal(EXIT.done);
  });

  it('is interrupted by Ctrl-C, and answered by nothing at Ctrl-D: neither is a defect, and nothing is done', async () => {
    const interrupted = await answeredBy('\u0003');
    expect([interrupted.code, interrupted.err.endsWith('Interrupted.\n')]).to.deep.equal([EXIT.interrupted, true]);
    const ended = await answeredBy('\u0004');
    expect([ended.code, ended.out.endsWith('Nothing was done.\n')]).to.deep.equal([EXIT.refused, true]);
    expect((await place.run('history --limit 1')).out).not.to.contain('LoginPolicyChanged');
  });
});
