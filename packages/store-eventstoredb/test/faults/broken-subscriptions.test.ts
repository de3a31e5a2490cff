import { expect } from 'chai';
import { describe } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSystemEvent } from '../double/event-log.js';
import type { ReadFault } from '../double/fault-script.js';
import { CANCELLED, TOO_SLOW, UNAVAILABLE, UNKNOWN } from '../double/status.js';
import { itSurvives, type FaultScript } from './fault-run.js';

type Fault = (after: number) => ReadFault;

/** Lets the first subscriptions of the follower end in one of these ways, each after some messages. */
function subscriptionsMeet(...faults: readonly [Fault, ...Fault[]]): FaultScript {
  return {
    begins: 'live',
    arrange({ double, random }) {
      for (let count = 0; count < 4; count++) {
        double.script.plan('subscription', random.of(...faults)(random.below(12)));
      }
    },
    afterwards({ double }) {
      expect(double.script.struck).to.be.greaterThan(0);
    },
  };
}

describe('a subscription', () => {
  itSurvives(
    'that ends with an error in mid-stream goes on where it was',
    subscriptionsMeet(
      (after) => ({ after, do: 'end', end: UNAVAILABLE }),
      (after) => ({ after, do: 'end', end: CANCELLED }),
      (after) => ({ after, do: 'end', end: UNKNOWN }),
      (after) => ({ after, do: 'end', end: TOO_SLOW }),
    ),
  );

  itSurvives(
    'that ends as if all were well goes on where it was',
    subscriptionsMeet((after) => ({ after, do: 'end', end: undefined })),
  );

  itSurvives(
    'whose connection is torn goes on where it was',
    subscriptionsMeet((after) => ({ after, do: 'cut' })),
  );

  itSurvives(
    'whose connection is torn inside a message goes on where it was',
    subscriptionsMeet((after) => ({ after, do: 'cut-inside' })),
  );

  itSurvives(
    'that falls silent is noticed and begun again',
    subscriptionsMeet((after) => ({ after, do: 'stall' })),
  );

  itSurvives(
    'that gives each event twice hands it out once',
    subscriptionsMeet((after) => ({ after, do: 'twice' })),
  );

  itSurvives('that gets a checkpoint past the last event skips nothing when it resumes', {
    arrange({ double, random }) {
      for (let count = 0; count < 20; count++) {
        const beyondEnd = BigInt(random.of(0, 1, 100, 5000));
        double.script.plan('subscription', { after: random.below(8), do: 'checkpoint', beyondEnd });
      }
    },
    async meanwhile({ double, isDone }) {
      // So many times and no more: on a busy machine nothing might get through between two.
      for (let cuts = 0; cuts < 40 && !isDone(); cuts++) {
        await sleep(25);
        double.wire.cut();
      }
    },
  });

  itSurvives('that gets a checkpoint at 2^64-1 skips nothing when it resumes', {
    arrange({ double, random }) {
      double.mode.lastCheckpoint = 'largest';
      for (let count = 0; count < 4; count++) {
        double.script.plan('subscription', { after: 3 + random.below(10), do: 'end', end: UNAVAILABLE });
      }
    },
  });

  itSurvives('that gets a checkpoint at the next position skips nothing when it resumes', {
    arrange({ double, random }) {
      double.mode.lastCheckpoint = 'next-event';
      for (let count = 0; count < 6; count++) {
        double.script.plan('subscription', { after: 2 + random.below(10), do: 'end', end: UNAVAILABLE });
      }
    },
  });

  itSurvives('that resumes after a scavenged record skips nothing, with a server of 23.10', {
    arrange({ double, random }) {
      double.mode.version = '23.10.6';
      for (let count = 0; count < 6; count++) {
        double.script.plan('subscription', { after: 2 + random.below(10), do: 'end', end: UNAVAILABLE });
      }
    },
    async meanwhile({ double, isDone }) {
      // The end of the log is as often as not a record of the server's own. A real server scavenges no last record; a
      // backup may lack it.
      while (!isDone()) {
        writeSystemEvent(double.log);
        await sleep(3);
        double.log.scavenge(({ streamName }) => streamName.startsWith('$stats'));
      }
    },
  });
});
