import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { countEvents, openService, ROOT, type Service } from './service.js';

const certificate = fileURLToPath(new URL('../test/tls/certificate.pem', import.meta.url));
const program = fileURLToPath(new URL('./clients/zitadel-node-program.js', import.meta.url));
const tls = { cert: readFileSync(certificate), key: readFileSync(new URL('../test/tls/key.pem', import.meta.url)) };

/** What the program prints of the policy it read, or of the error it met. */
async function run(url: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const { NODE_EXTRA_CA_CERTS: _, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: __, ...others } = process.env;
  const options = { env: { ...others, ...environment }, timeout: 15_000 };
  // Node 26 takes no address for the name of a server.
  const named = url.replace('127.0.0.1', 'localhost');
  const { stdout } = await promisify(execFile)(process.execPath, [program, named, ROOT], options);
  return stdout.trim();
}

describe('@zitadel/node over TLS, in a program of its own', () => {
  let service: Service;
  before(async () => {
    service = await openService({ listen: { tls } });
  });
  after(() => service.close());

  it('reads, removes and is refused when it trusts the certificate', async () => {
    expect(JSON.parse(await run(service.url, { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: certificate }))).to.deep.equal({
      multiFactors: 1,
      sequence: '5',
      refusedWith: 9,
    });
  });

  it('fails with a server whose certificate it does not trust', async () => {
    const before_ = await countEvents(service.store);
    const failing = run(service.url, {}).then(
      () => 'it went through',
      (caught: unknown) => String(caught),
    );
    expect(await failing).to.match(/self-signed certificate/);
    expect(await countEvents(service.store)).to.equal(before_);
  });
});
