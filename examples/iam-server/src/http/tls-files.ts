import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { CannotStart, type Config } from '../config.js';
import { codeOf } from '../data/private-file.js';

/** A key and the certificate for it. */
export interface KeyAndCertificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Reads key and certificate, and checks that they match. @throws CannotStart */
export async function readTlsFiles(files: Config['tls']): Promise<KeyAndCertificate | undefined> {
  if (files === undefined) return undefined;
  const pair = { key: await read('IAM_TLS_KEY', files.keyFile), cert: await read('IAM_TLS_CERT', files.certFile) };
  try {
    createSecureContext(pair);
  } catch (caught) {
    throw new CannotStart('IAM_TLS_KEY and IAM_TLS_CERT must be the files of a key and its certificate, in PEM.', {
      cause: caught,
    });
  }
  return pair;
}

async function read(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (caught) {
    throw new CannotStart(`${variable} names ${file}, which can't be read (${codeOf(caught)}).`, { cause: caught });
  }
}
