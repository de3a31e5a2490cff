import { expect } from 'chai';
import { describe } from 'mocha';
import type { AppendFault } from '../double/fault-script.js';
import { CANCELLED, NO_LEADER, UNAVAILABLE } from '../double/status.js';
import { itSurvives, type FaultScript } from './fault-run.js';
import { TIMEOUTS } from './workload.js';

/** Strikes a third of the first appends or so, one of these faults each. */
function appendsMeet(first: AppendFault, ...others: readonly AppendFault[]): FaultScript {
  return {
    arrange({ double, random }) {
      for (let count = 0; count < 10; count++) {
        double.script.plan('batch-append', random.of(first, ...others), { skip: random.below(3) });
      }
    },
    afterwards({ double }, ledger) {
      expect(double.script.struck).to.equal(10);
      // The server can be asked all the time, so each of them is found out.
      expect(ledger.outcomesUnknown).to.equal(0);
    },
  };
}

describe('an answer to an append that', () => {
  itSurvives('comes after the time-out', appendsMeet({ do: 'answer-late', ms: TIMEOUTS.appendMs + 50 }));

  itSurvives('never comes, although it was written', appendsMeet({ do: 'never-answer' }));

  itSurvives('never comes, because it was not even begun', appendsMeet({ do: 'lose' }));

  itSurvives(
    'never comes, and the write is only done when the writer has looked',
    appendsMeet({ do: 'write-late', ms: TIMEOUTS.appendMs + 5 }, { do: 'write-late', ms: TIMEOUTS.appendMs + 25 }),
  );

  itSurvives(
    'is lost with its call after the write',
    appendsMeet(
      { do: 'write-then-end', end: UNAVAILABLE },
      { do: 'write-then-end', end: CANCELLED },
      { do: 'write-then-end', end: NO_LEADER },
    ),
  );

  itSurvives(
    'is lost with its call before the write',
    appendsMeet({ do: 'end', end: UNAVAILABLE }, { do: 'end', end: CANCELLED }, { do: 'end', end: NO_LEADER }),
  );

  itSurvives(
    'is lost because the server ends the call as if all were well',
    appendsMeet({ do: 'end', end: undefined }, { do: 'write-then-end', end: undefined }),
  );

  itSurvives('is lost with the connection, after the write', appendsMeet({ do: 'cut' }));

  itSurvives('comes twice', appendsMeet({ do: 'answer-twice' }));

  itSurvives(
    'says nothing about what was done',
    appendsMeet(
      { do: 'answer', with: 'timeout' },
      { do: 'answer', with: 'unknown' },
      { do: 'answer', with: 'busy' },
      { do: 'answer', with: 'not-ready' },
      { do: 'written-but', answer: 'timeout' },
      { do: 'written-but', answer: 'unknown' },
      { do: 'written-but', answer: 'no-details' },
    ),
  );
});
