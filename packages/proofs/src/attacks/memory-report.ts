// Preloaded into the attacked server: reports its memory use on request, without keeping the process alive.
process.on('message', () => {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  process.send?.(`${heapUsed + arrayBuffers} ${rss}`);
});
// The attacking process may be killed. The server then ends, because nothing else uses it.
process.on('disconnect', () => process.exit());
process.channel?.unref();
