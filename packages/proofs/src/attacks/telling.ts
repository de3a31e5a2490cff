// Loaded before a server under attack: says what it holds when it is asked, and keeps it from nothing.
process.on('message', () => {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  process.send?.(`${heapUsed + arrayBuffers} ${rss}`);
});
// The process that attacks it may be killed: nothing else uses it.
process.on('disconnect', () => process.exit());
process.channel?.unref();
