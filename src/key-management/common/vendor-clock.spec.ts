import { vendorNow } from './vendor-clock';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const dated = (seconds: number) => new Date(NOW + seconds * 1_000).toUTCString();

describe('vendorNow', () => {
  it('is our clock where the vendor shows none, or none that can be read', () => {
    expect([undefined, null, '', 'soon'].map((date) => vendorNow(date, NOW))).toEqual([NOW, NOW, NOW, NOW]);
  });

  it('is our clock, which is finer, while the two are at most ten seconds apart', () => {
    expect([-10, 0, 10].map((seconds) => vendorNow(dated(seconds), NOW))).toEqual([NOW, NOW, NOW]);
  });

  it('is the vendor’s clock where the two differ by more', () => {
    expect([-11, 11].map((seconds) => vendorNow(dated(seconds), NOW))).toEqual([NOW - 11_000, NOW + 11_000]);
  });
});
