import { parseNote, signersOf, signNote } from '#insides';
import { generateKey, openTreeHead, parseSigner, parseVerifier } from '@login-policy/witness';
import { expect } from 'chai';
import { describe, it } from 'mocha';

// Published by Go (golang.org/x/mod/sumdb/note) and by C2SP (c2sp.org/signed-note).
const SECRET = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const BY_PETER =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const BY_ENOCH =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const OF_C2SP = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const NOTE_OF_C2SP =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
// The example of c2sp.org/tlog-cosignature; its keys are not published.
const COSIGNED = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

function signersIn(note: string, ...keys: readonly string[]): readonly string[] | undefined {
  return signersOf(parseNote(note), keys.map(parseVerifier))?.map(({ name }) => name);
}

describe('the published vectors of signed notes', () => {
  it("are signed byte for byte as Go's program does", async () => {
    const signer = parseSigner(SECRET);
    expect(signer.publicKey).to.equal(PETER);
    expect(await signNote(TEXT, signer)).to.equal(`${TEXT}\n${BY_PETER}`);
  });

  it('are verified, each by its own key, and unknown keys are ignored', () => {
    expect(signersIn(NOTE_OF_C2SP, OF_C2SP)).to.deep.equal(['example.com/foo']);
    const byBoth = `${TEXT}\n${BY_PETER}${BY_ENOCH}`;
    expect(signersIn(byBoth, PETER)).to.deep.equal(['PeterNeumann']);
    expect(signersIn(byBoth, ENOCH, PETER)).to.have.members(['PeterNeumann', 'EnochRoot']);
    expect(signersIn(byBoth, OF_C2SP)).to.deep.equal([]);
  });

  it('are read as cosigned tree heads', () => {
    const { signatures, text } = parseNote(COSIGNED);
    expect(text.split('\n').slice(0, 2)).to.deep.equal(['example.com/behind-the-sofa', '20852163']);
    expect(signatures.map(({ name }) => name)).to.deep.equal(['example.com/behind-the-sofa', 'witness.example.com/w1']);
    // The time of the example of the page: 1679315147.
    expect(signatures[1]?.bytes.readBigUInt64BE()).to.equal(1_679_315_147n);
  });
});

describe('a signed note', () => {
  it('is refused whole where the signature of a known key is wrong', () => {
    const wrong = `${TEXT.replace('answer', 'Answer')}\n${BY_PETER}${BY_ENOCH}`;
    expect(signersIn(wrong, PETER)).to.equal(undefined);
    expect(signersIn(wrong, OF_C2SP)).to.deep.equal([]);
  });

  it('is refused with control characters, without signatures or its line ends', () => {
    for (const note of [
      '',
      TEXT,
      `${TEXT}\n`,
      `${TEXT}\n${BY_PETER}`.slice(0, -1),
      `${TEXT}\r\n\n${BY_PETER}`,
      `${TEXT}\n${BY_PETER.replace('—', '-')}`,
      `${TEXT}\n${BY_PETER.replace('=', '')}`,
      `${TEXT}\n${BY_PETER.repeat(101)}`,
    ])
      expect(() => parseNote(note), JSON.stringify(note.slice(0, 200))).to.throw(RangeError);
  });
});

describe('a key', () => {
  it('signs what its public key verifies, also under a name that is not ASCII', async () => {
    const { publicKey, secretKey } = generateKey('iam.example/protokoll-ü');
    const note = await signNote('eins\n', parseSigner(`${secretKey}\n`));
    expect(signersIn(note, publicKey)).to.deep.equal(['iam.example/protokoll-ü']);
    expect(signersIn(note.replace('eins', 'zwei'), publicKey)).to.equal(undefined);
  });

  it('of another signer is noticed before the note is handed out', async () => {
    const [one, other] = [generateKey('a'), parseSigner(generateKey('a').secretKey)];
    const failed = await signNote('eins\n', { ...other, publicKey: one.publicKey }).catch(String);
    expect(failed).to.equal('Error: The signer of a did not sign with its key.');
  });

  it('is refused in any other spelling', () => {
    for (let at = 0; at < PETER.length; at++) {
      const next = String.fromCharCode(PETER.charCodeAt(at) + 1);
      expect(() => parseVerifier(PETER.slice(0, at) + next + PETER.slice(at + 1)), `at ${at}`).to.throw(RangeError);
      expect(() => parseVerifier(PETER.slice(0, at)), `up to ${at}`).to.throw(RangeError);
    }
    for (let at = 0; at < SECRET.length; at++) {
      const next = String.fromCharCode(SECRET.charCodeAt(at) + 1);
      expect(() => parseSigner(SECRET.slice(0, at) + next + SECRET.slice(at + 1)), `at ${at}`).to.throw(RangeError);
    }
    for (const name of ['', 'a b', 'a+b', 'a\nb', '\ud800']) expect(() => generateKey(name)).to.throw(RangeError);
    expect(() => parseSigner('PRIVATE+KEY+x+00000000+c2VjcmV0'))
      .to.throw(RangeError)
      .not.match(/c2VjcmV0/);
  });
});

describe('a tree head', () => {
  it('of another log, of another form or without a signature is refused by name', async () => {
    const key = generateKey('iam.example/log');
    const witness = generateKey('witness.example');
    const open = async (text: string): Promise<unknown> =>
      openTreeHead(await signNote(text, parseSigner(key.secretKey)), { publicKey: key.publicKey });
    const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
    expect(await open(`iam.example/log\n7\n${root}\n`)).to.include({ origin: 'iam.example/log', size: 7, root });
    for (const [text, problem] of [
      [`other\n7\n${root}\n`, 'The tree head is of "other", not of iam.example/log.'],
      [`iam.example/log\n07\n${root}\n`, 'must be the lines'],
      [`iam.example/log\n9999999999999999\n${root}\n`, 'must be the lines'],
      [`iam.example/log\n7\n${root}\n\next\n`, 'must be the lines'],
      ['iam.example/log\n7\nAAAA\n', 'A hash must be 32 bytes in base64'],
    ] as const) {
      const failed = await open(text).catch((caught: unknown) => String(caught));
      expect(failed, text).to.contain('RangeError').and.contain(problem);
    }
    const note = await signNote(`iam.example/log\n7\n${root}\n`, parseSigner(key.secretKey));
    expect(() => openTreeHead(note, { publicKey: key.publicKey, witnesses: [witness.publicKey] })).to.throw(
      RangeError,
      'not signed by witness.example',
    );
  });
});
