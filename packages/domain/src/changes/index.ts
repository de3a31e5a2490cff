/** Reactions to changes of login policies: what changed, whom it affects, and what it means for sign-ins. */
export { onChange } from './changes.js';
export type {
  ChangeHandling,
  OnChangeOptions,
  PolicyChanged,
  PolicyChangeTold,
  PolicyUnreadable,
  Reached,
} from './policy-changed.js';
