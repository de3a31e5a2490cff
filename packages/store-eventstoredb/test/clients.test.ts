import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { EventStoreDBClient } from '@eventstore/db-client';
import { streamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb, openEventStoreDbStore } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';
import { disposeOf } from './server.js';

const run = promisify(execFile);
const ROOM = fileURLToPath(new URL('..', import.meta.url));
const [EVENTSTOREDB, KURRENTDB] = ['@eventstore/db-client', '@kurrent/kurrentdb-client'];
const STREAM = streamId('Counter', 'one');

const PROGRAM = `
  import { monotonicIds, streamId } from '@login-policy/event-sourcing';
  import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
  const nextId = monotonicIds();
  try {
    for (const url of process.argv.slice(2)) {
      const { eventStore, close } = connectEventStoreDb(url);
      const event = { id: nextId(), type: 'Counted', schemaVersion: 1, data: {}, metadata: { actor: 'a', correlationId: 'c' } };
      const [recorded] = await eventStore.append({ streamId: streamId('Counter', nextId()), expected: 'no-stream', events: [event] });
      await close();
      console.log('recorded', recorded.revision);
    }
  } catch (error) { console.log(error.message); }
  console.log(Object.keys(globalThis.proto?.event_store?.client?.streams?.ReadResp?.CaughtUp?.prototype ?? {}).includes('getPosition') ? 'newer' : 'older');
`;

const TYPED = (library: string, client: string): string => `
  import { ${client} } from '${library}';
  import { connectEventStoreDb, openEventStoreDbStore } from '@login-policy/store-eventstoredb';
  const credentials = { username: 'ann', password: 'secret' };
  export const own = connectEventStoreDb('esdb://localhost', { credentials });
  export const given = openEventStoreDbStore({ client: ${client}.connectionString\`esdb://localhost\`, credentials });
  // @ts-expect-error a text is not a client
  openEventStoreDbStore({ client: 'esdb://localhost' });
`;

describe('a program beside which is', () => {
  let double: Double;
  let folder: string;

  before(async () => {
    double = await Double.start();
    folder = await mkdtemp(join(tmpdir(), 'login-policy-'));
  });

  after(async () => {
    await double.stop();
    await rm(folder, { recursive: true });
  });

  /** A folder of a program, in which only these are installed. */
  async function installed(...libraries: readonly string[]): Promise<string> {
    const program = await mkdtemp(join(folder, 'program-'));
    const modules = join(program, 'node_modules');
    const store = join(modules, '@login-policy', 'store-eventstoredb');
    await mkdir(store, { recursive: true });
    await cp(join(ROOM, 'package.json'), join(store, 'package.json'));
    await cp(join(ROOM, 'dist'), join(store, 'dist'), { recursive: true });
    for (const name of ['@login-policy/event-sourcing', ...libraries]) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(ROOM, 'node_modules', name), join(modules, name));
    }
    await writeFile(join(program, 'package.json'), '{ "type": "module" }');
    await writeFile(join(program, 'program.js'), PROGRAM);
    return program;
  }

  async function said(program: string, ...urls: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(process.execPath, ['program.js', ...urls], { cwd: program });
    expect(stderr).to.equal('');
    return stdout.trim();
  }

  const urlsOf = (): readonly [string, string] => [double.url, double.url.replace('esdb:', 'kurrentdb:')];

  it('the older client uses it, and hears which scheme it knows', async () => {
    const program = await installed(EVENTSTOREDB);
    const [esdb, kurrentdb] = urlsOf();
    expect(await said(program, esdb)).to.equal('recorded 0n\nolder');
    expect(await said(program, kurrentdb)).to.match(
      /malformed: @eventstore\/db-client, .* calls the scheme kurrentdb:\/\/ esdb:\/\/\nolder$/,
    );
  });

  it('the newer client uses it for both schemes, without a warning', async () => {
    const program = await installed(KURRENTDB);
    for (const url of urlsOf()) expect(await said(program, url)).to.equal('recorded 0n\nnewer');
  });

  it('both clients uses the one whose scheme it names', async () => {
    const program = await installed(EVENTSTOREDB, KURRENTDB);
    const [esdb, kurrentdb] = urlsOf();
    expect(await said(program, esdb)).to.equal('recorded 0n\nolder');
    expect(await said(program, kurrentdb)).to.equal('recorded 0n\nnewer');
    const recorded = 'recorded 0n\n'.repeat(3);
    expect(await said(program, esdb, kurrentdb, esdb)).to.equal(`${recorded}newer`);
    expect(await said(program, kurrentdb, esdb, kurrentdb)).to.equal(`${recorded}older`);
  });

  it('neither client is told which to install', async () => {
    const program = await installed();
    for (const url of urlsOf())
      expect(await said(program, url)).to.match(/npm install @kurrent\/kurrentdb-client, or @eventstore\/db-client/);
  });

  it('one client compiles, whichever it is', async () => {
    const tsc = join(ROOM, '../../node_modules/.bin/tsc');
    const flags = ['--noEmit', '--target', 'es2022', '--module', 'nodenext', '--strict', '--types', ''];
    for (const [library, client] of Object.entries({
      [EVENTSTOREDB]: 'EventStoreDBClient',
      [KURRENTDB]: 'KurrentDBClient',
    })) {
      const program = await installed(library);
      await writeFile(join(program, 'typed.ts'), TYPED(library, client));
      // The libraries' own types do not compile beside each version of Node's.
      await run(tsc, [...flags, '--skipLibCheck', 'typed.ts'], { cwd: program });
      await writeFile(
        join(program, 'ours.ts'),
        "export { openEventStoreDbStore } from '@login-policy/store-eventstoredb';",
      );
      await run(tsc, [...flags, '--skipLibCheck', 'false', 'ours.ts'], { cwd: program });
    }
  });
});

describe('a client of the caller', () => {
  it('may be of either library, also beside one of the other', async () => {
    const double = await Double.start();
    const clients = [
      EventStoreDBClient.connectionString(double.url),
      KurrentDBClient.connectionString(double.url.replace('esdb:', 'kurrentdb:')),
    ];
    for (const [index, client] of [...clients, ...clients].entries()) {
      const { eventStore, close } = openEventStoreDbStore({ client });
      const [recorded] = await eventStore.append(appendOf(STREAM, 1));
      expect(recorded?.revision).to.equal(BigInt(index));
      await close();
    }
    await Promise.all(clients.map(disposeOf));
    await double.stop();
  });
});

describe('a connection string for the newer client', () => {
  it('is never printed, whatever is wrong with it', async () => {
    const wrong = ['foo=1', 'tlsVerifyCert=maybe', 'gossipTimeout=5s', 'tlsCAFile=nowhere.crt&tls=true'];
    const urls = wrong.map((option) => `kurrentdb://admin:s3cret@127.0.0.1:1?${option}`);
    urls.push('kurrentdb://admin:s3cret@h:99999', 'kurrentdb://admin:p%s3cret@h:1', 'KurrentDB://admin:s3cret@h:1');
    for (const url of urls)
      expect(() => connectEventStoreDb(url), url)
        .to.throw(RangeError, /^connectEventStoreDb: .*connectionString/)
        .with.property('message')
        .that.does.not.contain('s3cret');
  });

  it('is named where it is not text, such as a variable that is not set', () => {
    const unset: string = JSON.parse('null');
    expect(() => connectEventStoreDb(unset)).to.throw(RangeError, 'connectionString must be text, not null');
  });

  it('reports what the server refuses like the older', async () => {
    const double = await Double.start();
    double.mode.isDenied = () => true;
    const { eventStore, close } = connectEventStoreDb(double.url.replace('esdb:', 'kurrentdb:'));
    expect((await faultOf(eventStore.append(appendOf(STREAM, 1)))).message).to.contain('access was denied');
    await close();
    await double.stop();
  });
});
