import { instant, type Instant } from './instant.js';

/** Tells what time it is; handed in everywhere, so that a test or a replay decides what "now" means. */
export type Clock = () => Instant;

/** The machine's own clock. It may jump backwards: stores never let a stream's `recordedAt` follow it there. */
export const systemClock: Clock = () => instant(Date.now());
