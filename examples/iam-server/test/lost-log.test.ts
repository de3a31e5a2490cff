import { open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { logTo } from '@login-policy/iam-server';
import { Fault } from '@login-policy/event-sourcing';
import { after, describe, it } from 'mocha';
import { call, trySignIn } from './client.js';
import { KeptLog, readQuickstart, TestBench } from './running-server.js';

describe('the log', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  it('is not required: the server continues if its reader is gone or the disk is full', async () => {
    const full = await open('/dev/full', 'w');
    const [piped, filling] = [await bench.serveAlone(), bench.spawn(await bench.folder(), {}, { stderr: full.fd })];
    await filling.url();
    piped.server.stopListening();
    for (const server of [piped.server, filling]) {
      const { url } = await readQuickstart(server.folder);
      for (let tries = 0; tries < 3; tries++) expect((await trySignIn(url, 'owner', 'wrong')).status).to.equal(401);
      expect((await call(url, '/debug/healthz')).status).to.equal(200);
      expect((await server.stop()).code).to.equal(0);
    }
    await full.close();
  });

  it('never throws, for an error that cannot be formatted or a stream that throws', () => {
    const thrower = new Writable();
    thrower.write = () => {
      throw new Error('no more');
    };
    const log = logTo(thrower, thrower);
    for (const failure of ['text', new Error('told'), Object.create(null)]) log.failure(failure);
    log.say('hello');
  });

  it('has one line per event with time, level and request id, and a stack only for defects', () => {
    const kept = new KeptLog();
    kept.log.note('warn', 'two\nlines', { requestId: 'r1' });
    kept.log.failure(new Fault('store-unavailable', { store: 'SQLite', problem: 'away' }), { requestId: 'r2' });
    kept.log.failure(new TypeError('a defect'));
    const [note, fault, defect] = kept.lines;
    expect(note).to.include({ level: 'warn', message: 'two\nlines', requestId: 'r1' });
    expect(note?.time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(fault).to.include({ level: 'error', fault: 'store-unavailable', requestId: 'r2' });
    expect(fault).not.to.have.property('stack');
    expect(defect?.['stack']).to.match(/TypeError: a defect\n +at /);
  });

  it('omits events below the configured level', () => {
    const lines: string[] = [];
    const into = new Writable({
      write(chunk: Buffer, _, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const log = logTo(into, into, { level: 'error', reader: 'person' });
    log.note('info', 'a request');
    log.note('error', 'a failure', { requestId: 'r1' });
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.match(/^\S+Z error  a failure  requestId=r1\n$/);
  });
});
