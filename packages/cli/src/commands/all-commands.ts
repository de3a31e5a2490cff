import { EXIT } from '../exit-codes.js';
import { referencePage } from '../command-line/reference-page.js';
import type { Command } from '../command-line/command.js';
import { CHANGE_COMMANDS } from './change-commands.js';
import { analyze } from './analyze.js';
import { backtest } from './backtest.js';
import { audit } from './audit.js';
import { copy } from './copy.js';
import { importCommand } from './import.js';
import { lag, rebuild } from './read-model.js';
import { backup, migrate } from './upkeep.js';
import { verify } from './verify.js';
import { diff } from './diff.js';
import { apply } from './apply.js';
import { drift } from './drift.js';
import { exportCommand, schema } from './export.js';
import { plan } from './plan.js';
import { evaluate } from './evaluate.js';
import { history } from './history.js';
import { policy } from './policy.js';
import { PROPOSAL_COMMANDS } from './proposals.js';
import { status } from './status.js';
import { whoAllows } from './who-allows.js';
import { WITNESS_COMMANDS } from './witness.js';

/** Prints the reference of all commands. It is defined here because it needs the list of commands. */
const reference: Command = {
  name: 'reference',
  section: 'Operate',
  summary: 'Prints all commands and exit codes, as Markdown.',
  options: {},
  examples: ['login-policy reference > command-line.md'],
  run({ io }) {
    io.out.write(referencePage(COMMANDS));
    return Promise.resolve(EXIT.done);
  },
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  status,
  policy,
  history,
  audit,
  diff,
  whoAllows,
  evaluate,
  analyze,
  backtest,
  ...CHANGE_COMMANDS,
  ...PROPOSAL_COMMANDS,
  exportCommand,
  schema,
  plan,
  apply,
  drift,
  verify,
  lag,
  rebuild,
  backup,
  migrate,
  copy,
  importCommand,
  ...WITNESS_COMMANDS,
  reference,
];
