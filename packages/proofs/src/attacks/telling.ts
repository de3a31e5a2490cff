// Loaded before a server under attack: says what it holds when it is asked, and keeps it from nothing.
process.on('message', () => {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  process.send?.(`${heapUsed + arrayBuffers} ${rss}`);
});
// Whoever attacks it may be killed: it is of no use to anybody else.
process.on('disconnect', () => process.exit());
process.channel?.unref();
