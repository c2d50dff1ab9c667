import { VendorSimulator } from './vendor-simulator';

/** `node .build/test/simulator/child.js`: a simulator in a process of its own, for benchmarks. Prints its origin as one JSON line. */
async function main(): Promise<void> {
  const { PORT = '0', KEEP_ALIVE_MS } = process.env;
  const simulator = await VendorSimulator.start({
    port: Number(PORT),
    logLimit: 0,
    control: true,
    ...(KEEP_ALIVE_MS !== undefined && { keepAliveMs: Number(KEEP_ALIVE_MS) }),
  });
  const stop = (): void => void simulator.close().finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Started with an IPC channel, it goes when its parent goes.
  process.once('disconnect', stop);
  const ready = { origin: simulator.origin };
  process.send?.(ready);
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

void main();
