import { ManagedApp, request, type VendorName } from './managed-app';

/** A bucket of 10 that refills five times a second. */
const LIMITS = { kind: 'rateLimited', requestsPerMinute: 300, burst: 10 } as const;

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(2);
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

describe.each<VendorName>(['openai', 'anthropic'])('keys of %s, whose answers say what is left', (name) => {
  it('are hardly refused once their headers are known, however many calls wait for them', async () => {
    app.behave(name, LIMITS, LIMITS);
    const call = async (): Promise<number> => {
      const response = await app.fetch(name)(...request[name](app));
      await response.text();
      return response.status;
    };
    // Until its first answer the pool knows nothing of a key.
    for (let first = 0; first < 4; first += 1) expect(await call()).toBe(200);
    const statuses = await Promise.all(Array.from({ length: 60 }, call));
    expect(statuses.every((status) => status === 200)).toBe(true);
    // None in virtual time (header-pace.spec.ts, `npm run bench -- policies`); a busy machine sends some of these late. Unpaced it is 40 at once.
    expect(app.vendor(name).calls.totals.byStatus[429] ?? 0).toBeLessThanOrEqual(10);
  });
});
