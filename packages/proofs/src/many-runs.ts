import fc from 'fast-check';

// Loaded by mocha before the tests: properties that don't say how often they are tried are tried as often as the proof
// is long.
fc.configureGlobal({
  numRuns: Number(process.env['PROOF_ROUNDS'] ?? 100),
  ...(process.env['PROOF_SEED'] !== undefined && { seed: Number(process.env['PROOF_SEED']) }),
});
