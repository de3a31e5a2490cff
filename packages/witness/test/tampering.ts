import { randomInt } from 'node:crypto';

/** A row of the table of events, as a program that writes to the database sees it. */
export type Row = Readonly<Record<string, unknown>>;

/** What somebody does who may write to the database. `undefined` where it changes nothing. */
export type Tampering = (rows: readonly Row[], random: Random) => readonly Row[] | undefined;

/** Pseudo-random whole numbers below a limit, the same for each seed. */
export type Random = (below: number) => number;

/** A generator (xorshift) and its seed, which failures show. */
export function randomOf(seed: number = randomInt(1, 2 ** 31)): { readonly random: Random; readonly seed: number } {
  let state = seed;
  const random: Random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  return { random, seed };
}

/** Everything by which a history can be rewritten. */
export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'another value in one column': (rows, random) => {
    const at = random(rows.length);
    const names = Object.keys(rows[at] ?? {});
    const name = names[random(names.length)] ?? '';
    const value = rows[at]?.[name];
    const other = random(2) === 0 ? rows[random(rows.length)]?.[name] : changed(value, random);
    return other === value ? undefined : rows.with(at, { ...rows[at], [name]: other });
  },
  'two events in each other’s place': (rows, random) => {
    const [one, other] = [random(rows.length), random(rows.length)];
    const [a = {}, b = {}] = [rows[one], rows[other]];
    const { position } = a;
    return rows.with(one, { ...b, position }).with(other, { ...a, position: b['position'] });
  },
  'the contents of two events exchanged, their revisions right': (rows, random) => {
    const [one, other] = [random(rows.length), random(rows.length)];
    const [a = {}, b = {}] = [rows[one], rows[other]];
    return rows.with(one, { ...a, ...contentOf(b) }).with(other, { ...b, ...contentOf(a) });
  },
  'the tail cut off': (rows, random) => rows.slice(0, random(rows.length)),
  'an event taken out, what follows renumbered': (rows, random) => renumbered(rows.toSpliced(random(rows.length), 1)),
  'a whole stream taken out, what follows renumbered': (rows, random) => {
    const { stream } = rows[random(rows.length)] ?? {};
    return renumbered(rows.filter((row) => row['stream'] !== stream));
  },
  'the suffix rewritten, its revisions right': (rows, random) => {
    const from = random(rows.length);
    return rows.map((row, at) => (at < from ? row : { ...row, ...contentOf(rows[random(rows.length)] ?? row) }));
  },
};

/** What happened, and who did it: not where. The id stays, because it is unique. */
function contentOf({ data, metadata, schema_version, type }: Row): Row {
  return { data, metadata, schema_version, type };
}

/** Positions and revisions without gaps, so that no reader finds one. */
function renumbered(rows: readonly Row[]): readonly Row[] {
  const revisions = new Map<unknown, number>();
  return rows.map((row, at) => {
    const { stream } = row;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    return { ...row, revision, position: at + 1 };
  });
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return value + (random(2) === 0 ? 1 : -1);
  if (typeof value === 'string') return changedText(value, random);
  if (typeof value !== 'object' || value === null) return 1;
  try {
    return JSON.parse(changedText(JSON.stringify(value), random));
  } catch {
    return value;
  }
}

function changedText(text: string, random: Random): string {
  const at = random(text.length);
  const other = 'abcXYZ019-: '[random(12)] ?? '';
  return text.slice(0, at) + other + text.slice(at + 1);
}
