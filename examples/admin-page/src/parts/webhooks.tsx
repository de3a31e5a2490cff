import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { readWebhooks, type Webhook } from '../wire/webhooks.js';
import { counted } from '../words/counted.js';
import { Instant } from './instant.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** The webhooks and their status; nothing if there are none. */
export function Webhooks(): JSX.Element | null {
  const read = useSignal<{ readonly webhooks: readonly Webhook[]; readonly at: string } | undefined>(undefined);
  const loading = useLoaded('webhooks', async (isWanted) => {
    const webhooks = await readWebhooks();
    if (isWanted()) read.value = { webhooks, at: new Date().toISOString() };
  });
  if (loading.problem !== undefined) return <TryAgain what="Who is told of changes" loading={loading} />;
  if (read.value === undefined || read.value.webhooks.length === 0) return null;
  return (
    <section class="card rollout" aria-labelledby="webhooks">
      <h2 id="webhooks">Webhooks</h2>
      <p class="soft">
        Who is told of each change, as of <Instant at={read.value.at} shows="time" />.
      </p>
      <ul class="effect">
        {read.value.webhooks.map((one) => (
          <li key={one.name}>
            <strong>{one.name}</strong> <code>{one.url}</code>: <State webhook={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function State({ webhook: { state, lagSeconds = 0, lastFailure } }: { readonly webhook: Webhook }): JSX.Element {
  if (state === 'retrying' && lastFailure !== undefined)
    return (
      <span class="warning-line">
        failing, tried {counted(lastFailure.attempts, 'time')}, last <Instant at={lastFailure.at} />:{' '}
        {lastFailure.message}
      </span>
    );
  if (state === 'standby') return <>told by another process of this server.</>;
  return (
    <>{lagSeconds < 1 ? 'has been told of everything.' : `${counted(Math.round(lagSeconds), 'second')} behind.`}</>
  );
}
