import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { eventId, isFault, streamId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from '../double/double.js';
import { bare, CANCELLED, UNAVAILABLE, UNKNOWN } from '../double/status.js';
import { itSurvives, type FaultRun } from './fault-run.js';
import { CATEGORY } from './workload.js';
import { disposeOf } from '../server.js';

const TOO_LATE = new Set(['store-unavailable', 'outcome-unknown']);
/** What is done so often at the most: on a busy machine nothing might get through between two of them. */
const OFTEN = 60;

/** Does something again and again while the writers write. */
async function whileWriting({ isDone }: FaultRun, everyMs: number, act: () => Promise<void> | void): Promise<void> {
  for (let times = 0; times < OFTEN && !isDone(); times++) {
    await act();
    await sleep(everyMs);
  }
}

describe('a server', () => {
  itSurvives('that restarts and forgets connections and ids', {
    async meanwhile({ double, random }) {
      for (let count = 0; count < 2; count++) {
        await sleep(random.below(40));
        await double.restart();
      }
    },
  });

  itSurvives('that refuses connections for a while', {
    async meanwhile({ double, random }) {
      await sleep(random.below(30));
      double.wire.refuse();
      await sleep(300);
      double.wire.admit();
    },
  });

  itSurvives('whose connections break at any time', {
    meanwhile: (run) =>
      whileWriting(run, 5 + run.random.below(20), () =>
        run.random.below(2) === 0 ? run.double.wire.cut() : undefined,
      ),
  });

  itSurvives('whose connections break within messages', {
    async meanwhile({ double, random }) {
      for (let count = 0; count < 3; count++) {
        await sleep(random.below(25));
        double.wire.cutInside();
      }
    },
  });

  itSurvives('whose answers are lost for a while', {
    async meanwhile({ double, random }) {
      await sleep(random.below(30));
      double.wire.hold();
      await sleep(300);
      // What was swallowed is missing from the stream of bytes: the connection is of no use any more.
      double.wire.cut();
    },
  });

  itSurvives('whose reads break off', {
    arrange({ double, random }) {
      for (let count = 0; count < 12; count++) {
        const end = random.of(UNAVAILABLE, CANCELLED, UNKNOWN);
        double.script.plan('read', random.of({ after: 0, do: 'end', end }, { after: random.below(3), do: 'stall' }), {
          skip: random.below(3),
        });
      }
      for (let count = 0; count < 6; count++) {
        double.script.plan('batch-append', { do: 'never-answer' }, { skip: random.below(3) });
      }
    },
  });

  itSurvives('that does not list its features', {
    arrange({ double }) {
      double.script.plan('features', { end: bare(13, 'no answer to that') }, { times: 1000 });
    },
  });

  itSurvives('that is not the leader and does not know the leader', {
    async meanwhile({ double, random }) {
      await sleep(random.below(20));
      double.mode.leader = 'unknown';
      await sleep(150);
      double.mode.leader = undefined;
    },
  });

  itSurvives('that refuses all credentials for a while', {
    async meanwhile({ double, random }) {
      await sleep(random.below(20));
      double.mode.isDenied = (streamName) => streamName.startsWith(CATEGORY);
      await sleep(100);
      double.mode.isDenied = () => false;
    },
  });

  itSurvives('on which other clients delete their streams', {
    async meanwhile(run) {
      const { double } = run;
      const other = EventStoreDBClient.connectionString(double.url);
      let count = 0;
      await whileWriting(run, 5, async () => {
        const name = `${CATEGORY}-others-${count++}`;
        if (count % 2 === 0) await other.tombstoneStream(name);
        else {
          await other.appendToStream(`$$${name}`, jsonEvent({ type: '$metadata', data: { $maxCount: 1 } }));
          await other.deleteStream(name);
        }
      });
      await disposeOf(other);
    },
  });

  itSurvives('that is overloaded and reports it', {
    async meanwhile({ double, store }) {
      double.mode.maxAppendSize = 5000;
      const event = {
        id: eventId('01J00000000000000000000BJG'),
        type: 'Counted',
        schemaVersion: 1,
        data: { text: 'x'.repeat(6000) },
        metadata: { actor: 'writer', correlationId: 'too-big' },
      };
      const append = { streamId: streamId('Other', 'too-big'), expected: 'no-stream', events: [event] } as const;
      let refused: unknown;
      // On a busy machine the time for it may be up before the server says anything.
      do refused = await store.eventStore.append(append).catch((error: unknown) => error);
      while (isFault(refused) && TOO_LATE.has(refused.code));
      expect(refused).to.include({ code: 'unserialisable-data' });
    },
  });
});

describe('other clients in the process', () => {
  itSurvives('whose batches break do not disturb this store', {
    async meanwhile(run) {
      const other = await Double.start();
      const client = EventStoreDBClient.connectionString(other.url);
      const event = (): ReturnType<typeof jsonEvent> => jsonEvent({ type: 'Counted', data: { by: 1 } });
      await client.appendToStream('Counter-x', event());
      await whileWriting(run, 10, async () => {
        // Its failure rejects all that any client of the process has under way in its own batches (D2).
        other.script.plan('batch-append', { do: 'write-then-end', end: UNKNOWN });
        await client.appendToStream('Counter-x', event()).catch(() => undefined);
      });
      await disposeOf(client);
      await other.stop();
    },
  });
});
