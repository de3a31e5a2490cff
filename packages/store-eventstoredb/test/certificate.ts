import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A key and a certificate for localhost, signed by itself, as PEM. Made for one test and thrown away. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
} as const;

/** How long a certificate is valid for, from now on: of one that has expired, less than 0. */
const A_DAY_MS = 86_400_000;

/** Makes a certificate by hand, because Node can't and `openssl` is not on every machine: X.509 v3 in DER. */
export function selfSignedCertificate(validForMs: number = A_DAY_MS): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = certificateBody(publicKey, validForMs);
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, algorithm(), bitString(signature));
  const base64 = whole.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function certificateBody(publicKey: KeyObject, validForMs: number): Buffer {
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(oid(OID.commonName), der(0x0c, Buffer.from('localhost')))));
  const serial = createHash('sha256').update(keyInfo).digest().subarray(0, 8);
  serial[0] = 0x01;
  const validity = sequence(time(Date.now() - A_DAY_MS), time(Date.now() + validForMs));
  const isAuthority = sequence(oid(OID.basicConstraints), octets(sequence(der(0x01, Buffer.from([0xff])))));
  const address = sequence(oid(OID.subjectAltName), octets(sequence(der(0x82, Buffer.from('localhost')))));
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm(),
    name,
    validity,
    name,
    keyInfo,
    der(0xa3, sequence(isAuthority, address)),
  );
}

function algorithm(): Buffer {
  return sequence(oid(OID.ecdsaWithSha256));
}

function time(at: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
}

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function bitString(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function set(...parts: readonly Buffer[]): Buffer {
  return der(0x31, Buffer.concat(parts));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

function lengthOf({ length }: Buffer): readonly number[] {
  if (length < 128) return [length];
  return length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
