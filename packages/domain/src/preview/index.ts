/** Previews: what a command would do, whom it affects, and what it warns of. Nothing is written. */
export { previewCommand, type Preview, type PreviewOptions } from './preview.js';
export type { YouAffected } from './people.js';
