/** The page as one script, one style sheet and two fonts, each under the hash of what it holds. */
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
  },
};
