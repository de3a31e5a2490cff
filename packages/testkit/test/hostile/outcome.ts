import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isFault } from '@login-policy/event-sourcing';
import { OWN } from './values.js';

/** What became of a call: a complaint about it, or nothing. */
export interface Outcome {
  readonly answered: boolean;
  readonly said: string;
  /** Whether it says that the input is wrong. */
  readonly refusesInput?: boolean;
  /** What is wrong with it; absent when it is all right. */
  readonly complaint?: string;
}

const LONGEST_MS = 4_000;
const HANGS: unique symbol = Symbol('hangs');

/** Makes a call, awaits its promise and reads the first values of what it gives one by one. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    const answer = await inTime(settled(call()));
    return answer === HANGS
      ? { answered: false, said: 'hangs', complaint: 'hangs' }
      : { answered: true, said: said(answer), refusesInput: reasonOf(answer) === 'invalid-argument' };
  } catch (caught) {
    const complaint = complaintAbout(caught);
    const refusesInput = !isOwn(caught) && !isOfTheState(caught);
    return { answered: false, said: String(caught), refusesInput, ...(complaint === undefined ? {} : { complaint }) };
  }
}

function said(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return String(answer);
  const reason = reasonOf(answer);
  return reason === undefined ? 'an answer' : `rejected: ${reason}: ${String(Reflect.get(answer, 'message'))}`;
}

/** Why an answer refuses; `undefined` for any other. */
function reasonOf(answer: unknown): string | undefined {
  const rejection: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'rejection') : undefined;
  return typeof rejection === 'object' && rejection !== null ? String(Reflect.get(rejection, 'reason')) : undefined;
}

async function settled(answer: unknown): Promise<unknown> {
  const value = await answer;
  if (!isIterable(value)) return value;
  const values = value[Symbol.asyncIterator]();
  const first = await Promise.race([values.next(), after(50)]);
  void Promise.resolve(values.return?.(undefined)).catch(() => undefined);
  return first;
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function inTime(promise: Promise<unknown>): Promise<unknown> {
  let due: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof HANGS>((resolve) => {
    due = setTimeout(() => resolve(HANGS), LONGEST_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(due);
  }
}

function after(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
}

/** An error that the engine made, and not one of us, says nothing about the caller's field. */
export function complaintAbout(caught: unknown): string | undefined {
  if (isOwn(caught)) return undefined;
  if (!(caught instanceof Error)) return `threw ${typeof caught} ${String(caught)}`;
  if (caught.message.trim() === '') return 'an error without a message';
  if ('code' in caught && String(caught.code).startsWith('ERR_')) return `of node: ${caught.message}`;
  // A system's answer names what it was asked for.
  if ('syscall' in caught) return undefined;
  const native: readonly unknown[] = [TypeError, RangeError, SyntaxError, ReferenceError, URIError, Error];
  return native.includes(Reflect.get(caught, 'constructor')) && !isThrownBySource(caught)
    ? `${caught.name}: ${caught.message}`
    : undefined;
}

/** A refusal that says how things stand, or what a system answered, and nothing about the input. */
function isOfTheState(caught: unknown): boolean {
  if (isFault(caught) || (caught instanceof Error && 'syscall' in caught)) return true;
  return reasonOf(caught) !== undefined && reasonOf(caught) !== 'invalid-argument';
}

function isOwn(caught: unknown): boolean {
  return caught === OWN || (caught instanceof Error && caught.cause === OWN);
}

const sources = new Map<string, readonly string[]>();

/** Whether the place that the stack begins at makes an error: `new RangeError(…)`. */
function isThrownBySource({ stack = '' }: Error): boolean {
  const place = /\n {4}at (?:.*\()?(file:.*):(\d+):(\d+)\)?(?:\n|$)/.exec(stack);
  const first = /\n {4}at [^\n]*/.exec(stack)?.[0] ?? '';
  if (place === null || !first.includes('file:')) return false;
  const [, file = '', line, column] = place;
  const lines = sources.get(file) ?? readFileSync(fileURLToPath(file), 'utf8').split('\n');
  sources.set(file, lines);
  const text = lines[Number(line) - 1]?.slice(Number(column) - 1) ?? '';
  return /^(?:new |super\()/.test(text);
}
