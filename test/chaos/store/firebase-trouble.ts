import { startFirebaseServerProcess } from '../../firebase-server';
import { FaultyProxy, type Weather } from '../harness/faulty-proxy';
import { surviveOutage, weather } from '../harness/outage';
import type { Scenario } from '../harness/scenario';

const TROUBLES: readonly Weather[] = [
  { kind: 'reset' },
  { kind: 'silent' },
  // No well-made WebSocket frame with bad JSON in it: that is an uncaught error inside the SDK, which this package cannot catch.
  { kind: 'garbage', bytes: 'HTTP/1.1 502 Bad Gateway\r\n\r\n<html>' },
  { kind: 'slow', ms: 400 },
];

export const firebaseTrouble: Scenario = {
  promised:
    'a Realtime Database that resets, goes silent, answers garbage or is slow costs no call; what was missed is written when it is well, and a fresh instance finds it',
  async run(stage, findings) {
    for (const trouble of stage.isShort ? TROUBLES.slice(0, 1) : TROUBLES) {
      const server = await startFirebaseServerProcess();
      const proxy = await FaultyProxy.start(server.port);
      await surviveOutage(stage, findings, {
        store: { kind: 'firebase', url: `http://localhost:${proxy.port}?ns=test` },
        direct: { kind: 'firebase', url: server.url() },
        ...weather(proxy, trouble),
        ms: stage.scaled(2_000, 8_000),
        mendedMs: 20_000,
      });
      findings.inject(`connection or data met by: ${trouble.kind}`, proxy.struck);
      await proxy.close();
      await server.kill();
    }
  },
};
