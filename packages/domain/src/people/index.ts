/** Who can still get in: counts the users that there are, by a census that the program gives. */
export type { Census, CensusOptions, UserClass } from './census.js';
export { affectedByPlan, affectedByRollout, type PlannedStep } from './affected-in-all.js';
export { openPeople, type CountOptions, type People, type Population } from './people.js';
