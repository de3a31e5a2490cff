import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Board } from './board.mjs';
import { runJob } from './job.mjs';
import { jobsOf } from './jobs.mjs';
import { suitesOf } from './suites.mjs';
import { Times } from './times.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the tests of the packages that are named, or of all, and answers with the exit code. */
export async function runTests(names) {
  const { suites, strangers } = suitesOf(root, names);
  if (strangers.length > 0 || suites.length === 0) return refuse(strangers);
  const pace = await paceNow();
  const times = new Times(join(root, '.data', 'test-seconds.json'));
  const jobs = jobsOf(suites, times);
  // Two more than there are processors: many tests wait for another process, a disk or a timer.
  const lanes = Math.min(Math.max(2, availableParallelism()) + 2, mostLanes, jobs.length);
  const board = new Board({ jobs, lanes, seconds: times.estimate(jobs, lanes) * pace });
  const waiting = [...jobs];
  const lane = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await runJob(root, { job, board, pace });
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  times.keep(board.secondsByFile(), pace);
  return board.conclude();
}

const mostLanes = 5;
const looks = 20;
const slowest = 10;

/** How many times slower this machine is now than a quiet one, on average. */
async function paceNow() {
  const { measurePace } = await import('../../packages/testkit/dist/index.js');
  let sum = 0;
  for (let count = 0; count < looks; count++) sum += measurePace();
  return Math.min(slowest, Math.max(1, sum / looks));
}

function refuse(strangers) {
  const what = strangers.length === 0 ? 'There are no tests' : `There are no tests of ${strangers.join(', ')}`;
  console.error(`${what}. A package is named like its folder: npm test -- store-sqlite`);
  console.log('0 passed, 1 failed');
  return 1;
}
