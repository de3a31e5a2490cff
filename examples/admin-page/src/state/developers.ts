import { signal, type ReadonlySignal } from '@preact/signals';

const KEPT_AS = 'login-policy-developers';
const current = signal(false);

/** Whether the names and numbers that only programs need are shown, too. */
export const isForDevelopers: ReadonlySignal<boolean> = current;

/** Shows or hides them as it was chosen last time. */
export function recallDevelopers(): void {
  show(localStorage.getItem(KEPT_AS) === 'yes');
}

/** Shows or hides them, for this and every later visit. */
export function showForDevelopers(isShown: boolean): void {
  localStorage.setItem(KEPT_AS, isShown ? 'yes' : 'no');
  show(isShown);
}

function show(isShown: boolean): void {
  current.value = isShown;
  document.documentElement.dataset['developers'] = isShown ? 'yes' : 'no';
}
