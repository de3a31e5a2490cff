import { fixedClock, InvalidHistory, readHistory, replay } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const GOOD = {
  id: '00000000000000000000000001',
  streamId: 'Counter-apples',
  revision: '0',
  position: '1',
  recordedAt: '2024-06-13T06:44:39.050Z',
  type: 'Counted',
  schemaVersion: 1,
  data: { by: 1 },
  metadata: { actor: 'tester', correlationId: 'test' },
};

const SECOND = { ...GOOD, id: '00000000000000000000000002', revision: '1', position: '2' };

type Change = Readonly<Record<string, unknown>>;

/** What makes a line wrong by itself, with the field that has to be named. */
const WRONG: readonly (readonly [field: string, change: Change])[] = [
  ...['', 'abc', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ', '0000000000000000000000000i', 1, null].map(
    (id) => ['id', { id }] as const,
  ),
  ...['', 'apples', '-apples', 'Counter-', 'Cöunter-a', 7].map((name) => ['streamId', { streamId: name }] as const),
  ...[0, '-1', '00', '0.0', '', ' 0', '1e2', null].map((revision) => ['revision', { revision }] as const),
  ...[1, '-1', '01', '', '0x1', '9'.repeat(52), null].map((position) => ['position', { position }] as const),
  ...['2024-06-13', '2024-06-13T06:44:39Z', '2024-06-13T08:44:39.050+02:00', '2024-06-13T06:44:39.050', 'now', 1].map(
    (recordedAt) => ['recordedAt', { recordedAt }] as const,
  ),
  ...['', 5, null, '\ud800'].map((type) => ['type', { type }] as const),
  ...[0, -1, 1.5, '1', null].map((schemaVersion) => ['schemaVersion', { schemaVersion }] as const),
  ...[[], 'text', null, 5, { deep: '\udc00' }].map((data) => ['data', { data }] as const),
  ['metadata', { metadata: null }],
  ['metadata', { metadata: { actor: 'tester' } }],
  ['metadata', { metadata: { correlationId: 'test' } }],
  ['metadata', { metadata: { ...GOOD.metadata, actor: 5 } }],
  ['metadata', { metadata: { ...GOOD.metadata, reason: null } }],
  ['metadata', { metadata: { ...GOOD.metadata, mood: 'good' } }],
  ['line', { mood: 'good' }],
];

/** What makes a second line wrong beside the first. */
const WRONG_AFTER: readonly (readonly [field: string, problem: string, change: Change])[] = [
  ['revision', 'goes on at 1, not 2', { revision: '2' }],
  ['revision', 'goes on at 1, not 0', { revision: '0' }],
  ['revision', 'Counter-pears goes on at 0, not 1', { streamId: 'Counter-pears' }],
  ['position', 'must be higher', { position: '1' }],
  ['position', 'must be higher', { position: '0' }],
  ['id', 'came before', { id: GOOD.id }],
  ['recordedAt', 'earlier', { recordedAt: '2024-06-13T06:44:39.049Z' }],
];

describe('a history that no store could have recorded', () => {
  for (const [field, change] of WRONG) {
    it(`is refused for ${field} in ${JSON.stringify(change).slice(0, 70)}, naming line and field`, async () => {
      const lines = [JSON.stringify(GOOD), JSON.stringify({ ...SECOND, ...change })];
      await demandRefused(lines, { line: 2, field });
    });
  }

  for (const [field, problem, change] of WRONG_AFTER) {
    it(`is refused for ${field} after what came before: ${JSON.stringify(change)}`, async () => {
      const lines = [JSON.stringify(GOOD), JSON.stringify({ ...SECOND, ...change })];
      const message = await demandRefused(lines, { line: 2, field });
      expect(message).to.include(problem);
    });
  }

  it('may have two streams whose clocks differ', async () => {
    const other = { ...SECOND, streamId: 'Counter-pears', revision: '0', recordedAt: '1999-01-01T00:00:00.000Z' };
    expect(await readHistory([JSON.stringify(GOOD), JSON.stringify(other)])).to.have.length(2);
  });

  for (const field of Object.keys(GOOD)) {
    it(`is refused without ${field}`, async () => {
      const rest = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== field));
      const message = await demandRefused([JSON.stringify(rest)], { line: 1, field: 'line' });
      expect(message).to.include(`"${field}" is missing`);
    });
  }

  for (const text of ['', ' ', '{', 'null', '[]', '5', '"text"', `${JSON.stringify(GOOD)}x`]) {
    it(`is refused for the line ${JSON.stringify(text).slice(0, 20)}`, async () => {
      await demandRefused([text], { line: 1, field: 'line' });
      await demandRefused(`${JSON.stringify(GOOD)}\n${text}\n\n`, { line: 2, field: 'line' });
    });
  }

  for (const version of ['2', '0', '"1"', 'null', '{}']) {
    it(`is refused when it is of version ${version}`, async () => {
      const message = await demandRefused(`{"history":${version}}\n${JSON.stringify(GOOD)}\n`, {
        line: 1,
        field: 'history',
      });
      expect(message).to.include(`expected a history of version 1, got ${version}`);
    });
  }

  it('is refused where its version or a byte order mark comes later than in the first line', async () => {
    await demandRefused([JSON.stringify(GOOD), '{"history":1}'], { line: 2, field: 'line' });
    await demandRefused([JSON.stringify(GOOD), `\uFEFF${JSON.stringify(SECOND)}`], { line: 2, field: 'line' });
  });

  it('is refused as bytes, and as events that were read already', async () => {
    const given = [Buffer.from(JSON.stringify(GOOD)), await readHistory(JSON.stringify(GOOD)), [null]];
    for (const lines of given) await demandRefused(Object(lines), { line: 1, field: 'line' });
  });

  it('is not replayed with an option that is misspelt', async () => {
    const options = Object({ clok: fixedClock(GOOD.recordedAt) });
    const message = await replay(JSON.stringify(GOOD), options).then(() => 'replayed', String);
    expect(message).to.equal('RangeError: replay: clok is not an option. Did you mean clock?');
  });

  it('counts its lines with the first that names the version', async () => {
    await demandRefused(['{"history":1}', JSON.stringify(GOOD), '{'], { line: 3, field: 'line' });
  });

  it('is refused where it is cut within an append, or where a place of one is missing, doubled or of another stream', async () => {
    const placed = (place: number, count: number): object => ({ append: { place, count } });
    const [first, second] = [
      { ...GOOD, ...placed(1, 2) },
      { ...SECOND, ...placed(2, 2) },
    ];
    expect(await readHistory([first, second].map((one) => JSON.stringify(one)))).to.have.length(2);
    for (const [lines, line] of [
      [[first], 1],
      [[{ ...GOOD, ...placed(2, 2) }], 1],
      [[first, SECOND], 2],
      [[first, { ...SECOND, ...placed(1, 2) }], 2],
      [[first, { ...SECOND, ...placed(3, 3) }], 2],
      [
        [
          { ...GOOD, ...placed(1, 3) },
          { ...SECOND, ...placed(2, 3) },
        ],
        2,
      ],
      [[GOOD, second], 2],
    ] as const)
      await demandRefused(
        lines.map((one) => JSON.stringify(one)),
        { line, field: 'append' },
      );
  });

  it('is refused for the key __proto__, wherever it stands', async () => {
    const line = JSON.stringify(GOOD);
    const evil = '"__proto__":{"polluted":true}';
    await demandRefused([line.replace('{', `{${evil},`)], { line: 1, field: 'line' });
    await demandRefused([line.replace('"by":1', evil)], { line: 1, field: 'data' });
    await demandRefused([line.replace('"by":1', `"deep":[{${evil}}]`)], { line: 1, field: 'data' });
    await demandRefused([line.replace('"actor"', `${evil},"actor"`)], { line: 1, field: 'metadata' });
    expect(Object.hasOwn(Object.prototype, 'polluted')).to.equal(false);
  });

  it('is refused for data nested too deep, and for numbers that JSON can not keep', async () => {
    const line = JSON.stringify(GOOD);
    await demandRefused([line.replace('{"by":1}', `{"a":${'['.repeat(70)}${']'.repeat(70)}}`)], {
      line: 1,
      field: 'data',
    });
    await demandRefused([line.replace('"by":1', '"by":1e999')], { line: 1, field: 'data' });
    await demandRefused([line.replace('"by":1', '"by":-0')], { line: 1, field: 'data' });
  });
});

async function demandRefused(
  lines: string | readonly string[],
  where: { readonly line: number; readonly field: string },
): Promise<string> {
  try {
    await readHistory(lines);
  } catch (caught) {
    if (!(caught instanceof InvalidHistory)) throw caught;
    expect({ line: caught.facts.line, field: caught.facts.field }).to.deep.equal(where);
    expect(caught.message).to.match(new RegExp(`^line ${where.line} of the history, ${where.field}: .+`));
    return caught.message;
  }
  throw new Error('the history was read');
}
