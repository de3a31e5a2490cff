import type { ProjectionRunner } from '@login-policy/event-sourcing';
import type { CounterEvent, CounterRow } from '@login-policy/testkit';
import type { Disturbance } from '@login-policy/testkit/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Double } from '../double/double.js';

interface Disturbed {
  readonly double: Double;
  readonly random: () => number;
  /** The read model that is computed anew now and then. */
  readonly rebuilt: ProjectionRunner<CounterEvent, CounterRow> | undefined;
}

/** A line that stalls on its way back, and then goes on. */
async function stallLine({ wire }: Double, random: () => number): Promise<void> {
  wire.stallAnswers();
  await sleep(random() * 250);
  wire.letAnswersThrough();
}

/** A line that stalls on its way there, and then goes on. */
async function stallServer({ wire }: Double, random: () => number): Promise<void> {
  wire.stall();
  await sleep(random() * 150);
  wire.resume();
}

async function cutLine({ wire }: Double): Promise<void> {
  wire.cut();
}

/** A node that was elected, and whose index lacks what was written last until it leads. */
async function failOver({ log, mode, wire }: Double, random: () => number): Promise<void> {
  const { records } = log;
  const first = records[Math.max(0, records.length - Math.floor(random() * 4))];
  mode.office = 'elected';
  const showAll = log.hideFrom(first?.position ?? log.end);
  wire.cut();
  await sleep(random() * 200);
  showAll();
  mode.office = 'leads';
}

/** What a program writes that copies one event of an append of two, the first or the second, and not the other. */
async function writeHalf({ log }: Double, random: () => number): Promise<void> {
  const metadata = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'a', $correlationId: 'c' };
  const own = Buffer.from(JSON.stringify({ ...metadata, append: { place: random() < 0.5 ? 1 : 2, count: 2 } }));
  const data = Buffer.from('{"by":1}');
  log.write('Counter-foreign', [{ id: crypto.randomUUID(), type: 'Counted', isJson: true, data, metadata: own }]);
}

/** A backup is put back. A server whose files are put back is started anew, and first writes a record of its own. */
async function restore({ log, wire }: Double, random: () => number, losing: Losing): Promise<void> {
  const putBack = log.backUp();
  await sleep(random() * 100);
  await losing(async () => {
    wire.cut();
    await sleep(1);
    putBack();
    log.writeHidden();
  });
}

type Losing = Parameters<Disturbance>[0];

/** What goes wrong, each as often as it stands here. */
export function disturbancesOf({ double, random, rebuilt }: Disturbed): readonly Disturbance[] {
  const ways = [stallLine, stallServer, cutLine, failOver, failOver, writeHalf, restore, rebuild];
  async function rebuild(): Promise<void> {
    await rebuilt?.rebuild().catch(() => undefined);
  }
  return ways.map((way) => (losing) => way(double, random, losing));
}
