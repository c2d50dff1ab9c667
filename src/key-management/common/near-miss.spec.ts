import { nearMiss } from './near-miss';

const KNOWN = ['timeoutMs', 'attemptTimeoutMs', 'model', 'signal'];

it.each<[string, string | undefined]>([
  ['TIMEOUT_MS', 'timeoutMs'],
  ['timeout', 'timeoutMs'],
  ['attemptTimeout', 'attemptTimeoutMs'],
  ['models', 'model'],
  ['modle', 'model'],
  ['sginal', 'signal'],
  ['mode', 'model'],
  ['retries', undefined],
  ['', undefined],
  ['💥', undefined],
  ['x'.repeat(100_000), undefined],
])('%p → %p', (given, near) => {
  expect(nearMiss(given, KNOWN)).toBe(near);
});
