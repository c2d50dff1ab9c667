import { FirebaseServer, TcpProxy } from '../../../../test/firebase-server';
import { keyStoreContract } from '../contract/key-store.contract';
import { FirebaseKeyStore } from './firebase-key-store';

describe('FirebaseKeyStore', () => {
  let server: FirebaseServer;
  let namespaces = 0;

  beforeAll(async () => {
    // The SDK prints a warning for every write that a cut connection makes fail.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    server = await FirebaseServer.start();
  });
  afterAll(() => server.stop());

  keyStoreContract(
    { describe, it },
    {
      create: async () => {
        const namespace = `contract-${namespaces++}`;
        const proxy = await TcpProxy.start(server.port);
        // A server of this process, which takes a second for a thousand fields: on a machine that others use it may take several.
        const store = (port: number) =>
          new FirebaseKeyStore({ url: `http://localhost:${port}?ns=${namespace}`, timeoutMs: 10_000 });
        return {
          store: store(proxy.port),
          again: () => store(server.port),
          break: () => proxy.cut(),
          mend: () => proxy.mend(),
          cleanup: () => proxy.cut(),
        };
      },
    },
    { shared: true, survivesRestart: true },
  );
});
