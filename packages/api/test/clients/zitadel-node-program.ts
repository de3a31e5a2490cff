import { createAdminClient } from '@zitadel/node/dist/api/index.js';
import { ClientError, Metadata } from 'nice-grpc-common';

// Reads the policy, takes the multi-factor off, and asks for it again: `node zitadel-node-program.js <url> <token>`.
const [url = '', token = ''] = process.argv.slice(2);
const client = createAdminClient(url);
const options = { metadata: new Metadata({ authorization: `Bearer ${token}` }) };

async function refusal(asking: Promise<unknown>): Promise<number | undefined> {
  try {
    await asking;
    return undefined;
  } catch (caught) {
    if (caught instanceof ClientError) return caught.code;
    throw caught;
  }
}

const { policy } = await client.getLoginPolicy({}, options);
const { details } = await client.removeMultiFactorFromLoginPolicy({ type: 1 }, options);
const refusedWith = await refusal(client.removeMultiFactorFromLoginPolicy({ type: 1 }, options));
const said = {
  multiFactors: policy?.multiFactors.length,
  sequence: String(details?.sequence),
  refusedWith,
};
process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit());
