import { equal } from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeySource } from '../../../src/key-management';
import type { Players } from '../sample';

const request = { provider: 'openai', signal: new AbortController().signal };

export const keySources: Players = {
  MountedKeysModule: ({ MountedKeysModule }) => {
    // Its paths are of no machine: that it compiles, and is a module, is what can be played.
    equal(typeof MountedKeysModule, 'function');
  },
  async ownServer({ ownServer }) {
    const server = createServer(({ headers }, response) => response.end(JSON.stringify([headers.authorization])));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const source = (ownServer as (url: string, token: string) => KeySource)(`http://127.0.0.1:${port}`, 'mine');
    equal((await source.read(request))[0], 'Bearer mine');
    server.close();
  },
  async fromSecret({ fromSecret }) {
    const read = (): Promise<string> => Promise.resolve('[{ "key": "a key", "id": "one" }]');
    const [key] = await (fromSecret as (read: () => Promise<string>) => KeySource)(read).read(request);
    equal((key as { id: string }).id, 'one');
  },
};
