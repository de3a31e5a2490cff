import type { Command } from '../command-line/command.js';
import { diff } from './diff.js';
import { evaluate } from './evaluate.js';
import { history } from './history.js';
import { policy } from './policy.js';
import { status } from './status.js';
import { whoAllows } from './who-allows.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [status, policy, history, diff, whoAllows, evaluate];
