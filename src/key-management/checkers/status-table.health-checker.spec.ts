import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import { StatusTableHealthChecker } from './status-table.health-checker';

describe('StatusTableHealthChecker', () => {
  const checker = StatusTableHealthChecker.from({ 401: 'invalid_key', 402: 'quota_exceeded', 429: 'rate_limited' });
  const classify = (status: number, more: object = {}) => checker.classifyError(vendorErrorFrom({ status, ...more }));

  it.each([
    [401, 'invalid_key', 'remove'],
    [402, 'quota_exceeded', 'remove'],
    [429, 'rate_limited', 'cool_down'],
    [418, 'unknown', 'keep'],
    [500, 'server_error', 'keep'],
    [503, 'overloaded', 'keep'],
    [504, 'timeout', 'keep'],
  ])('takes %d for %s', (status, outcome, keyAction) => {
    expect(classify(status)).toMatchObject({ outcome, keyAction, status, decidedBy: 'status_default' });
  });

  it('is what the table says, also of a server’s fault', () => {
    const own = StatusTableHealthChecker.from({ 503: 'rate_limited' });
    expect(own.classifyError(vendorErrorFrom({ status: 503 }))).toMatchObject({ outcome: 'rate_limited' });
  });

  it('keeps to stated waits', () => {
    expect(classify(429, { headers: { 'retry-after': '20' } })).toMatchObject({ retryAfterMs: 20_000 });
  });

  it('takes what came before any answer for what it is', () => {
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    expect(checker.classifyError(vendorErrorFrom(reset))).toMatchObject({ outcome: 'network_error' });
  });

  it('lets keys in unproven: they prove themselves by traffic', async () => {
    await expect(checker.checkHealth()).resolves.toMatchObject({ outcome: 'ok', unproven: true });
  });

  it.each([
    [{ 401: 'invalid' }, /Status 401 is mapped to "invalid", which is no outcome/],
    [{ 401: undefined }, /Status 401 is mapped to "undefined"/],
    [{ 4010: 'invalid_key' }, /HTTP statuses, not "4010"/],
    [{ unauthorized: 'invalid_key' }, /HTTP statuses, not "unauthorized"/],
  ])('refuses the table %j', (table, message) => {
    expect(() => StatusTableHealthChecker.from(table as never)).toThrow(message);
  });
});
