/**
 * The page as three scripts (what the first view needs, the policy, the other views), a style sheet and fonts, each
 * under the hash of what it holds. Split by what views share, it was 34 scripts, half of them under 2 kB.
 */
export default {
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // Under the policy `font-src 'self'` nothing may stand inline.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'first', tags: ['$initial'], priority: 3 },
            { name: 'policy', test: /\/views\/instance\./, priority: 2 },
            { name: 'views', test: /\/(views|parts)\//, priority: 1 },
          ],
        },
      },
    },
  },
};
