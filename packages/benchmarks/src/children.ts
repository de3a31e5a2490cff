import type { Job } from './workload/course.js';
import type { OpenStore } from './workload/kinds.js';
import type { PlainEvent, PlainPolicy } from './workload/plain-policy.js';

// Measured in a fresh process: each work imports only what it needs.
const [work = '', path = ''] = process.argv.slice(2);
const WORKS: Readonly<Record<string, () => Promise<unknown>>> = {
  'command ours': () => firstCommands(openOurs),
  'command castore': () => firstCommands(openCastore),
  'read ours': readOurs,
  'read raw': readRaw,
  'read emmett': readEmmett,
  'rebuild ours': rebuildOurs,
  'rebuild raw': rebuildRaw,
  'backtest ours': () => lookBack('hitByUs'),
  'backtest raw': () => lookBack('hitByHand'),
  'import in ms': () => costOfImport(() => performance.now()),
  'import in MB': () => costOfImport(() => process.memoryUsage.rss() / 1e6),
};
console.log(await WORKS[work]?.());
// castore can't be closed.
if (work.startsWith('command ')) process.exit();

/** The cost of importing a module, measured by a program of its own. */
async function costOfImport(measure: () => number): Promise<number> {
  const before = measure();
  await import(path);
  return measure() - before;
}

type Command = (job: Job) => Promise<void>;

/** Prints the milliseconds of the first commands, 32 at a time, by the clock and by the processor. */
async function firstCommands(open: () => Promise<Command>): Promise<string> {
  const { AT_ONCE, FIRST_JOBS, inOrder, runConcurrently } = await import('./workload/course.js');
  const { milliseconds } = await import('./harness/meter.js');
  const command = inOrder(await open());
  const { byClock, byProcessor } = await milliseconds(() => runConcurrently(FIRST_JOBS, AT_ONCE, command));
  return `${byClock} ${byProcessor}`;
}

async function openOurs(): Promise<Command> {
  const { openLoginPolicies } = await import('@login-policy/domain');
  const { runCommand } = await import('./workload/ours.js');
  const { store } = await openPostgres();
  const policies = await openLoginPolicies({ store });
  return (job) => runCommand(policies, job);
}

async function openCastore(): Promise<Command> {
  const [castore, { stepAt, streamOf }] = [await import('./peers/castore.js'), await import('./workload/course.js')];
  const policies = castore.openCastore(path);
  return ({ policy, step }) => policies.command(streamOf(policy), stepAt(step).plain);
}

/** Prints the peak memory in KiB above that of the process with its modules, and the milliseconds. */
async function lookBack(by: 'hitByHand' | 'hitByUs'): Promise<string> {
  const records = await import('./workload/sign-in-records.js');
  const [beganAt, before] = [performance.now(), process.memoryUsage.rss() / 1024];
  await records[by](path);
  return `${process.resourceUsage().maxRSS - before} ${performance.now() - beganAt}`;
}

async function readOurs(): Promise<string> {
  const { openLoginPolicies, orThrow } = await import('@login-policy/domain');
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  const store = await openSqliteStore({ path });
  const policies = await openLoginPolicies({ store });
  const { policy } = orThrow(await policies.policy({ instanceId: '69629023906488334' }));
  await policies.close();
  await store.close();
  return policy.multiFactors.join();
}

async function readRaw(): Promise<string> {
  const { RawSqlite } = await import('./raw/raw-sqlite.js');
  const driver = new RawSqlite(path);
  const [policy] = driver.read(['instanceLoginPolicy-69629023906488334']);
  driver.close();
  return String(policy?.multiFactors.join());
}

async function readEmmett(): Promise<string> {
  const { getSQLiteEventStore } = await import('@event-driven-io/emmett-sqlite');
  const { emptyPolicy, fold } = await import('./workload/plain-policy.js');
  const { state } = await getSQLiteEventStore({ fileName: path }).aggregateStream<PlainPolicy, PlainEvent>(
    'instanceLoginPolicy-69629023906488334',
    { initialState: emptyPolicy, evolve: (policy: PlainPolicy, event: PlainEvent) => fold(policy, event, 0) },
  );
  return state.multiFactors.join();
}

/** Both print their peak memory in KiB; the first also prints the milliseconds of its rebuild. */
async function rebuildOurs(): Promise<string> {
  const { openLoginPolicies } = await import('@login-policy/domain');
  const { store, close } = path.startsWith('postgres') ? await openPostgres() : await openSqlite();
  const policies = await openLoginPolicies({ store });
  const beganAt = performance.now();
  await policies.readModel.rebuild();
  const ms = performance.now() - beganAt;
  await policies.close();
  await close();
  return `${process.resourceUsage().maxRSS} ${ms}`;
}

async function openSqlite(): Promise<OpenStore> {
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  const store = await openSqliteStore({ path });
  return { store, close: () => store.close() };
}

async function openPostgres(): Promise<OpenStore> {
  const [{ openPostgresStore }, { Pool }] = [await import('@login-policy/store-postgres'), await import('pg')];
  const pool = new Pool({ connectionString: path });
  const store = await openPostgresStore({ pool });
  return { store, close: () => store.close().then(() => pool.end()) };
}

async function rebuildRaw(): Promise<number> {
  const [{ RawSqlite }, { rebuild }] = [await import('./raw/raw-sqlite.js'), await import('./raw/raw-policies.js')];
  const driver = new RawSqlite(path);
  await rebuild(driver);
  driver.close();
  return process.resourceUsage().maxRSS;
}
