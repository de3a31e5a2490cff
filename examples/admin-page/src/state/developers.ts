import { signal, type ReadonlySignal } from '@preact/signals';

const KEPT_AS = 'login-policy-developers';
const current = signal(false);

/** Whether API names and numbers are shown. */
export const isForDevelopers: ReadonlySignal<boolean> = current;

/** Restores the stored choice. */
export function recallDevelopers(): void {
  show(localStorage.getItem(KEPT_AS) === 'yes');
}

/** Shows or hides API names and numbers, now and on later visits. */
export function showForDevelopers(isShown: boolean): void {
  localStorage.setItem(KEPT_AS, isShown ? 'yes' : 'no');
  show(isShown);
}

function show(isShown: boolean): void {
  current.value = isShown;
  document.documentElement.dataset['developers'] = isShown ? 'yes' : 'no';
}
