import { fakeKey as publishedKey } from '../../src/key-management/testing/simulator/fake-keys';
import { secret } from '../canary/canary';

/** A fake key of the vendor's shape, which the canary looks for. Always the same for the same n; unknown vendors get `sk-SIMULATED…`. */
export const fakeKey = (vendor: string, n: number): string => secret(publishedKey(vendor, n));
