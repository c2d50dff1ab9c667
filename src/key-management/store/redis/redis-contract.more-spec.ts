import { TcpProxy } from '../../../../test/firebase-server';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server';
import { keyStoreContract } from '../contract/key-store.contract';
import { RedisKeyStore } from './redis-key-store';

describeWithRedis('RedisKeyStore', () => {
  describe.each([1, 4])('on %i shards', (shards) => contractOn(shards));
});

function contractOn(shards: number): void {
  let server: RedisServer;
  let count = 0;

  beforeAll(async () => (server = await RedisServer.start()));
  afterAll(() => server.stop());

  const create = async () => {
    const namespace = `contract-${count++}`;
    const proxy = await TcpProxy.start(server.port);
    const store = (port: number) =>
      new RedisKeyStore({ url: `redis://127.0.0.1:${port}`, namespace, shards, timeoutMs: 5_000 });
    return {
      store: store(proxy.port),
      again: () => store(server.port),
      break: () => proxy.cut(),
      mend: () => proxy.mend(),
      cleanup: () => proxy.cut(),
    };
  };

  keyStoreContract({ describe, it }, { create }, { shared: true, survivesRestart: true });
}
