import type { Command } from '../command-line/command.js';
import { check } from '../witness/check.js';
import { erase } from '../witness/erase.js';
import { key } from '../witness/key.js';
import { prove } from '../witness/prove.js';
import { sign } from '../witness/sign.js';
import { verifyProofFile } from '../witness/verify.js';

/** A witnessed history: tree heads, and what they prove. */
export const WITNESS_COMMANDS: readonly Command[] = [key, sign, check, prove, verifyProofFile, erase];
