import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, type KeyStoreOptions } from '../../src/key-management';
import { RedisServer, describeWithRedis } from '../support/redis-server';
import { call, fetchOf, Organizations } from './organizations';

const CONVERSATIONS = 60;
const TURNS = 4;
const INSTANCES = 4;

describeWithRedis('conversations over four instances that share a Redis', () => {
  let server: RedisServer;
  let organizations: Organizations;
  let apps: TestingModule[];
  const start = () => organizations.app({ store: { kind: 'redis', url: server.url } satisfies KeyStoreOptions });

  beforeEach(async () => {
    server = await RedisServer.start();
    organizations = await Organizations.start(10);
    apps = await Promise.all(Array.from({ length: INSTANCES }, start));
  });
  afterEach(async () => {
    await organizations.close();
    await server.stop();
  });

  const url = (path: string): string => `${organizations.simulator.openai.baseUrl}/v1${path}`;
  /** The next turn of a conversation, on one of the instances. */
  const turn = (instance: number, previous: unknown) =>
    call(fetchOf(apps[instance % INSTANCES]!, 'openai', { maxWaitMs: 60_000 }), url('/responses'), {
      model: 'gpt-4o',
      input: 'Hi',
      ...(previous === undefined ? {} : { previous_response_id: previous }),
    });

  it('break none of 60 of four turns, with a rolling restart between the turns', async () => {
    const last: unknown[] = Array.from({ length: CONVERSATIONS }, () => undefined);
    for (let n = 0; n < TURNS; n += 1) {
      // No instance is the one of the turn before.
      const answers = await Promise.all(last.map((previous, place) => turn(place + n, previous)));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      answers.forEach(({ body }, place) => (last[place] = body.id));
      await organizations.end(apps[n]!);
      apps[n] = await start();
    }
    // Nobody was asked in vain.
    expect(organizations.simulator.openai.calls.total).toBe(CONVERSATIONS * TURNS);
  });

  it('go on in all organizations but that of the key which is removed', async () => {
    const first = await Promise.all(Array.from({ length: CONVERSATIONS }, (_, place) => turn(place, undefined)));
    const owners = new Map<unknown, number>();
    for (const { body } of first) owners.set(body.id, organizations.makerOf(String(body.id)));
    // Any of those that have a conversation.
    const lost = owners.get(first[0]!.body.id)!;
    for (const app of apps)
      await app
        .get(KeyPoolService)
        .remove('openai', organizations.ownerOf('openai', lost))
        .catch(() => undefined);
    const next = await Promise.all(first.map(({ body }, place) => turn(place + 1, body.id)));
    for (const [place, { status, body }] of next.entries()) {
      const isLost = owners.get(first[place]!.body.id) === lost;
      // An instance that was not told yet whose the answer is has asked the others: then it is the vendor's word.
      expect({ place, isServed: status === 200, isClear: [200, 400, 503].includes(status) }).toEqual({
        place,
        isServed: !isLost,
        isClear: true,
      });
      if (status === 503) expect(JSON.stringify(body)).toMatch(/alone, of which no key is left in the pool/);
    }
  });
});
