import { hash } from 'node:crypto';
import { KeyPoolService, ManagedFetchService } from '../../src/key-management';
import { HealthCheckerRegistry } from '../../src/key-management/checkers/health-checker.registry';
import { noteVendors, providerName } from '../../src/key-management/dashboard/ui/model/provider-names';
import { DashboardFiguresService } from '../../src/key-management/dashboard/dashboard-figures.service';
import { BUILT_IN_VENDORS } from '../../src/key-management/vendors';
import { startApi, type ApiUnderTest } from '../admin/support';
import { secret } from '../canary/canary';
import { TinyServer } from '../managed-fetch/tiny-server';

const PROFILES = [...BUILT_IN_VENDORS.values()];
const keyOf = (name: string, n: number): string => {
  const prefix = BUILT_IN_VENDORS.get(name)!.keyFormat?.prefixes?.[0] ?? '';
  return secret(prefix + hash('sha256', `a fake key ${n} of ${name}`, 'hex'));
};

describe('every vendor, from the environment alone', () => {
  const before = { ...process.env };
  let server: TinyServer;
  let api: ApiUnderTest;

  beforeEach(async () => {
    server = await TinyServer.start();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
    };
  });
  afterEach(async () => {
    process.env = { ...before };
    await api.app.close();
    await server.close();
  });

  async function startWith(keysOf: (variable: string, name: string) => Record<string, string>): Promise<void> {
    for (const { name } of PROFILES) {
      const upper = name.toUpperCase();
      const more = { [`${upper}_BASE_URL`]: server.origin, [`${upper}_PROBE_MODEL`]: `model-of-${name}` };
      Object.assign(process.env, keysOf(`${upper}_API_KEY`, name), more);
    }
    api = await startApi({ options: { healthCheckDepth: 'light' } });
  }
  const keysIn = (name: string) => api.app.get(KeyPoolService).list(name);

  it('has its keys in the plural, its base URL and its probe model, and the page shows its label', async () => {
    expect(PROFILES.length).toBeGreaterThanOrEqual(32);
    await startWith((variable, name) => ({ [`${variable}S`]: `${keyOf(name, 1)}, ${keyOf(name, 2)}` }));
    const { providers } = api.app.get(DashboardFiguresService).current('1h');
    for (const { name, label } of PROFILES) {
      expect([name, keysIn(name).length]).toEqual([name, 2]);
      const { vendor } = api.app.get(HealthCheckerRegistry).get(name);
      expect(vendor).toBe(BUILT_IN_VENDORS.get(name));
      expect(label).toMatch(/[A-Z]/);
      expect(providers[name]!.vendor).toEqual({ name, label });
      noteVendors({ [name]: providers[name]!.vendor });
      expect(providerName(name)).toBe(label);
      server.seen.length = 0;
      const answer = await api.app.get(ManagedFetchService).for(name)(`${server.origin}/v1/x`, {
        method: 'POST',
        body: '{}',
      });
      expect([name, answer.status, server.seen.length]).toEqual([name, 200, 1]);
      const sent = JSON.stringify(server.seen);
      expect([1, 2].some((n) => sent.includes(keyOf(name, n)))).toBe(true);
    }
    const models = PROFILES.map(({ name }) => name).filter((name) => {
      const { pacing } = api.app.get(HealthCheckerRegistry).get(name) as {
        pacing?: { probes?: { deep: { model?: string }[] } };
      };
      return (pacing?.probes?.deep ?? []).some(({ model }) => model !== `model-of-${name}`);
    });
    expect(models).toEqual([]);
  });

  it('has a key in the singular', async () => {
    await startWith((variable, name) => ({ [variable]: keyOf(name, 3) }));
    expect(PROFILES.filter(({ name }) => keysIn(name).length !== 1).map(({ name }) => name)).toEqual([]);
  });
});
