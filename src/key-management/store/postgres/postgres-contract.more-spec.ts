import { TcpProxy } from '../../../../test/firebase-server';
import { describeWithPostgres, PostgresServer } from '../../../../test/support/postgres-server';
import { keyStoreContract } from '../contract/key-store.contract';
import { PostgresKeyStore } from './postgres-key-store';

describeWithPostgres('PostgresKeyStore', () => {
  let server: PostgresServer;
  let count = 0;

  beforeAll(async () => (server = await PostgresServer.start()));
  afterAll(() => server.stop());

  const create = async () => {
    const namespace = `contract-${count++}`;
    const proxy = await TcpProxy.start(server.port);
    const store = (port: number) => new PostgresKeyStore({ url: server.urlAt(port), namespace, timeoutMs: 5_000 });
    return {
      store: store(proxy.port),
      again: () => store(server.port),
      break: () => proxy.cut(),
      mend: () => proxy.mend(),
      cleanup: () => proxy.cut(),
    };
  };

  keyStoreContract({ describe, it }, { create }, { shared: true, survivesRestart: true });
});
