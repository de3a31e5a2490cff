import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

type View = () => JSX.Element;

/** A view that is loaded on demand. */
export interface Lazy {
  readonly title: string;
  readonly fetch: () => Promise<View>;
}

const fetched = new Map<string, View>();

/** Preloads views, so that they are available even if the server is not. */
export function fetchAhead(views: readonly Lazy[]): void {
  for (const view of views) fetchOnce(view).catch(() => {});
}

async function fetchOnce({ title, fetch }: Lazy): Promise<View> {
  const view = fetched.get(title) ?? (await fetch());
  fetched.set(title, view);
  return view;
}

/** Shows a part of the page after it was loaded; nothing before. */
export function LazyPart({ part }: { readonly part: Lazy }): JSX.Element | null {
  const arrived = useSignal(fetched.get(part.title));
  const loading = useLoaded(part.title, async () => {
    arrived.value = await fetchOnce(part);
  });
  const Shown = arrived.value;
  return Shown === undefined ? <TryAgain what="This dialog" loading={loading} /> : <Shown />;
}

/** Shows a view after it was loaded. */
export function LazyView({ view }: { readonly view: Lazy }): JSX.Element {
  const arrived = useSignal(fetched.get(view.title));
  const loading = useLoaded(view.title, async () => {
    arrived.value = await fetchOnce(view);
  });
  const Shown = arrived.value;
  if (Shown !== undefined) return <Shown />;
  return (
    <>
      <h1 tabIndex={-1}>{view.title}</h1>
      <TryAgain what="This view" loading={loading} />
    </>
  );
}
