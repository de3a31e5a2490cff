import { readFileSync } from 'node:fs';
import { CannotStart, readConfig } from '@login-policy/iam-server';
import { expect } from 'chai';
import { describe, it } from 'mocha';

type Variables = Readonly<Record<string, string>>;

function sentenceAbout(variables: Variables): string {
  try {
    readConfig(variables);
    return 'nothing';
  } catch (caught) {
    if (caught instanceof CannotStart && caught.remedy === 'mend what is named') return caught.message;
    throw caught;
  }
}

const NO_STORE = /^IAM_STORE must be memory:, sqlite:PATH, postgres:\/\/…, esdb:\/\/… or kurrentdb:\/\/…\.$/;

describe('the variables of the server', () => {
  it('have defaults, and an empty one counts as missing', () => {
    const config = readConfig({ IAM_PUBLIC_URL: ' ', PATH: '/bin' });
    expect(config).to.deep.include({
      storeUrl: 'sqlite:.data/login-policy.sqlite',
      rowsUrl: 'sqlite:.data/rows.sqlite',
      accountsUrl: 'sqlite:.data/accounts.sqlite',
      dataFolder: '.data',
      host: '127.0.0.1',
      publicUrl: undefined,
      allowedOrigins: [],
      tls: undefined,
      resetsSecrets: false,
      startMs: 60_000,
      stopMs: 9000,
    });
    expect([config.ports[0], config.ports.at(-1)]).to.deep.equal([8080, 0]);
    expect(readConfig({ IAM_DATA: 'kept' }).storeUrl).to.equal('sqlite:kept/login-policy.sqlite');
    expect(
      readConfig({ IAM_ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443/' }).allowedOrigins,
    ).to.deep.equal(['https://a.example', 'https://b.example:8443']);
  });

  it('in the deployment files are known and valid', () => {
    for (const name of ['Dockerfile', 'compose.yaml', 'iam-server.service', 'kubernetes.yaml']) {
      const text = readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8');
      const named = [...text.matchAll(/\b(IAM_[A-Z_]+|PORT|HOST)(?:=|: |, value: )'?([^\s']+)/g)];
      const variables = Object.fromEntries(named.map(([, variable = '', value = '']) => [variable, value]));
      expect(Object.keys(variables), name).not.to.have.lengthOf(0);
      expect(readConfig(variables), name).to.include.keys('storeUrl');
    }
  });

  const bad: readonly (readonly [Variables, RegExp])[] = [
    [{ PORT: '80800' }, /^PORT must be a whole number from 0 to 65535, not "80800"\.$/],
    [{ PORT: 'http' }, /^PORT must be/],
    [{ IAM_STORE: 'mysql://me:secret@x' }, NO_STORE],
    [{ IAM_STORE: 'host=x user=me password=secret' }, NO_STORE],
    [{ IAM_STORE: 'sqlite::memory:' }, NO_STORE],
    [{ IAM_STORE: 'sqlite:' }, NO_STORE],
    [
      { IAM_STORE: 'esdb://x', IAM_ROWS: 'esdb://me:secret@x' },
      /^IAM_ROWS must be memory:, sqlite:PATH or postgres:\/\/…\.$/,
    ],
    [{ IAM_ROWS: 'memory:' }, /^IAM_ROWS is for EventStoreDB: the store of IAM_STORE keeps its rows itself\.$/],
    [
      { IAM_STROE: 'memory:' },
      /^IAM_STROE is not a variable of this server\. Those are IAM_STORE, IAM_ROWS, IAM_ACCOUNTS, IAM_DATA, /,
    ],
    [{ IAM_PUBLIC_URL: 'iam.example.com' }, /^IAM_PUBLIC_URL must be the address of a server/],
    [{ IAM_PUBLIC_URL: 'https://x.example/path' }, /^IAM_PUBLIC_URL must be/],
    [
      { IAM_ALLOWED_ORIGINS: 'https://a.example, b.example' },
      /^IAM_ALLOWED_ORIGINS must be origins with commas between them, like https:\/\/app\.example\.com, not "b\.example"\.$/,
    ],
    [{ IAM_RESET_SECRETS: 'perhaps' }, /^IAM_RESET_SECRETS must be yes or no, not "perhaps"\.$/],
    [{ IAM_STOP_SECONDS: '0' }, /^IAM_STOP_SECONDS must be a whole number of seconds from 1 to 86400, not "0"\.$/],
    [{ IAM_LOG: 'loud' }, /^IAM_LOG must be info, warn or error, not "loud"\.$/],
    [{ IAM_TLS_KEY: 'key.pem' }, /^IAM_TLS_CERT must name the file of the certificate for IAM_TLS_KEY\.$/],
  ];
  for (const [variables, sentence] of bad) {
    it(`are not ${JSON.stringify(variables)}`, () => {
      expect(sentenceAbout(variables)).to.match(sentence).and.not.include('secret');
    });
  }
});
