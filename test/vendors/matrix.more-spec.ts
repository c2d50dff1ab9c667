import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, KeyPoolService, ManagedFetchService, keyIdOf } from '../../src/key-management';
import { startKeyManagement } from '../support/key-management-app';
import { ImitatedVendor } from './imitated-vendor';
import { IMITATIONS, MISSING, type Imitation } from './imitations';

const key = (vendor: string, name: string): string => `${vendor}-${name}-0123456789abcdefABCDEF`;

interface Stage {
  vendor: ImitatedVendor;
  app: TestingModule;
  good: string;
  status: () => string | undefined;
  call: () => Promise<number>;
  check: () => Promise<unknown>;
}

async function start(imitation: Imitation, depth: 'light' | 'deep'): Promise<Stage> {
  const vendor = await ImitatedVendor.start(imitation);
  const good = key(imitation.vendor, 'good');
  vendor.keys.set(good, 'good');
  const provider = imitation.vendor;
  const { baseUrl } = vendor;
  const { probeModel } = imitation;
  const app = await startKeyManagement({
    providers: { [provider]: { keys: [good], baseUrl, probeModel } },
    healthCheckDepth: depth,
    backoff: { initialMs: 1, maxMs: 2 },
  });
  const fetch = app.get(ManagedFetchService).for(provider, { maxWaitMs: 0 });
  const method = imitation.callMethod ?? 'POST';
  const body = method === 'GET' ? undefined : JSON.stringify({ model: 'm', messages: [] });
  return {
    vendor,
    app,
    good,
    status: () => app.get(KeyPoolService).get(provider, keyIdOf(good))?.status,
    call: async () => {
      const answer = await fetch(vendor.origin + imitation.call, { method, body, headers: { 'x-test': 'call' } });
      await answer.text();
      return answer.status;
    },
    check: () => app.get(KeyManagerService).forceHealthCheck(provider),
  };
}

it('imitates every vendor that is built in', () => {
  expect(MISSING).toEqual([]);
});

const cells = IMITATIONS.flatMap((imitation) =>
  (['light', 'deep'] as const).map(
    (depth) => [`${imitation.vendor}${imitation.base} ${depth}`, imitation, depth] as const,
  ),
);

describe.each(cells)('%s', (_name, imitation, depth) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await start(imitation, depth);
  });
  afterEach(async () => {
    await stage.app.close();
    await stage.vendor.close();
  });

  it('a dead key is refused on entry', async () => {
    const dead = key(imitation.vendor, 'dead');
    const { rejected } = await stage.app.get(KeyManagerService).addNewKeys(imitation.vendor, [dead]);
    expect(rejected).toMatchObject([{ outcome: 'invalid_key' }]);
  });

  it('a good key serves', async () => {
    expect(stage.status()).toBe('healthy');
    expect(await stage.call()).toBe(200);
    expect(stage.vendor.served).toEqual([stage.good]);
  });

  it('a wrong refusal heals', async () => {
    stage.vendor.wrongly.add(stage.good);
    await stage.call();
    expect(stage.status()).toBe('invalid_key');
    stage.vendor.wrongly.clear();
    await stage.check();
    expect(stage.status()).toBe('healthy');
    expect(await stage.call()).toBe(200);
  });

  it('an empty balance heals after a top-up', async () => {
    stage.vendor.keys.set(stage.good, 'empty');
    await stage.call();
    expect(stage.status()).toBe(imitation.emptyMeans ?? 'quota_exceeded');
    stage.vendor.keys.set(stage.good, 'good');
    await stage.check();
    // A rate limit of Google's, which states no wait, is ended by an administrator's check that proves the key.
    expect(stage.status()).toBe('healthy');
    expect(await stage.call()).toBe(200);
  });
});
