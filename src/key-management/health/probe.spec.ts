import { FakeClock } from '../../../test/support/fake-clock';
import type { Classification } from '../classification/classification';
import type { VendorError } from '../classification/evidence/vendor-error';
import { ApiKey } from '../pool/key/api-key';
import { BaseHealthChecker, type HealthResult, type ProbeContext } from '../checkers/base-health-checker';
import { probe, PROBE_TIMEOUT_MS } from './probe';

const RAW = 'sk-SECRETsecretSECRETsecret';
const ECHO = Buffer.from(RAW.slice(3)).toString('base64url');

class Checker extends BaseHealthChecker {
  seen: VendorError | undefined;

  constructor(
    readonly check: (apiKey: string, context: ProbeContext) => unknown,
    readonly classify: (error: VendorError) => unknown = () => ({ outcome: 'server_error' }),
  ) {
    super();
  }

  checkHealth(apiKey: string, context: ProbeContext): Promise<HealthResult> {
    return this.check(apiKey, context) as Promise<HealthResult>;
  }

  classifyError(error: VendorError): Classification {
    this.seen = error;
    return this.classify(error) as Classification;
  }
}

describe('probe', () => {
  let clock: FakeClock;
  let controller: AbortController;
  beforeEach(() => {
    clock = new FakeClock();
    controller = new AbortController();
  });
  const run = (checker: Checker) => probe(checker, { key: new ApiKey(RAW) }, 'light', clock, controller);
  const never = () => new Promise(() => undefined);

  it('asks with the key, the depth and a signal', async () => {
    const check = jest.fn(() => Promise.resolve({ outcome: 'ok' }));
    await expect(run(new Checker(check))).resolves.toEqual({ outcome: 'ok' });
    expect(check).toHaveBeenCalledWith(RAW, { depth: 'light', signal: controller.signal });
    expect(clock.pendingTimers).toBe(0);
  });

  it('has what was thrown classified, without the key', async () => {
    const checker = new Checker(() => Promise.reject(Object.assign(new Error(`no: ${RAW}`), { status: 418 })));
    await expect(run(checker)).resolves.toEqual({ outcome: 'server_error' });
    expect(checker.seen).toMatchObject({ phase: 'probe', status: 418 });
    expect(JSON.stringify(checker.seen)).not.toContain('SECRET');
  });

  it('ends after its time limit, whether the checker watches its signal or not', async () => {
    const checker = new Checker(never);
    const result = run(checker);
    await clock.advance(PROBE_TIMEOUT_MS - 1);
    expect(controller.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(controller.signal.aborted).toBe(true);
    await result;
    expect(checker.seen).toMatchObject({ transport: 'timeout' });
  });

  it('ends when it is given up from outside', async () => {
    const checker = new Checker(never);
    const result = run(checker);
    controller.abort();
    await result;
    expect(checker.seen).toMatchObject({ transport: 'cancelled' });
  });

  it.each<[string, Checker]>([
    [
      'gives nothing',
      new Checker(
        () => undefined,
        () => undefined,
      ),
    ],
    [
      'gives what is no outcome',
      new Checker(
        () => Promise.resolve({ outcome: 'fine' }),
        () => ({ outcome: 'fine' }),
      ),
    ],
    [
      'gives a boolean',
      new Checker(
        () => true,
        () => false,
      ),
    ],
    [
      'throws at once, and throws again',
      new Checker(
        () => {
          throw new Error(RAW);
        },
        () => {
          throw new Error(`broken at ${RAW}`);
        },
      ),
    ],
  ])('says of a checker that %s that it failed', async (_, checker) => {
    const result = await run(checker);
    expect(result).toMatchObject({ outcome: 'unknown', reason: expect.stringContaining('the health checker failed') });
    expect(JSON.stringify(result)).not.toContain('SECRET');
  });

  it.each([
    ['says it', () => new Checker(() => ({ outcome: 'invalid_key', reason: `no: ${ECHO}` }))],
    [
      'reads it into an error',
      () =>
        new Checker(
          () => Promise.reject(new Error('no')),
          () => ({ outcome: 'invalid_key', reason: `no: ${ECHO}` }),
        ),
    ],
  ])('shows no part of the key in a reason where the checker %s', async (_, checker) => {
    expect(await run(checker())).toMatchObject({ outcome: 'invalid_key', reason: 'no: ***' });
  });
});
