import { expect } from 'chai';
import { describe } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSystemEvent } from '../double/event-log.js';
import type { ReadFault } from '../double/fault-script.js';
import { CANCELLED, TOO_SLOW, UNAVAILABLE, UNKNOWN } from '../double/status.js';
import { itSurvives, type FaultScript } from './fault-run.js';

type Fault = (after: number) => ReadFault;

/** Lets the first reads of the log end in one of these ways, each after some messages. */
function readsMeet(...faults: readonly [Fault, ...Fault[]]): FaultScript {
  return {
    arrange({ double, random }) {
      for (let count = 0; count < 4; count++) {
        double.script.plan('read', random.of(...faults)(random.below(12)));
      }
    },
    afterwards({ double }) {
      expect(double.script.struck).to.be.greaterThan(0);
    },
  };
}

describe('a subscription whose read', () => {
  itSurvives(
    'ends with an error in mid-stream goes on where it was',
    readsMeet(
      (after) => ({ after, do: 'end', end: UNAVAILABLE }),
      (after) => ({ after, do: 'end', end: CANCELLED }),
      (after) => ({ after, do: 'end', end: UNKNOWN }),
      (after) => ({ after, do: 'end', end: TOO_SLOW }),
    ),
  );

  itSurvives(
    'ends as if all were well goes on where it was',
    readsMeet((after) => ({ after, do: 'end', end: undefined })),
  );

  itSurvives(
    'loses its connection goes on where it was',
    readsMeet((after) => ({ after, do: 'cut' })),
  );

  itSurvives(
    'loses its connection inside a message goes on where it was',
    readsMeet((after) => ({ after, do: 'cut-inside' })),
  );

  itSurvives(
    'falls silent is noticed and begun again',
    readsMeet((after) => ({ after, do: 'stall' })),
  );

  itSurvives('resumes after a scavenged record skips nothing, with a server of 23.10', {
    arrange({ double, random }) {
      double.mode.version = '23.10.6';
      for (let count = 0; count < 6; count++) {
        double.script.plan('read', { after: 2 + random.below(10), do: 'end', end: UNAVAILABLE });
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
