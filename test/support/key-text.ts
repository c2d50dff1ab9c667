import { secret } from '../canary/canary';

/** The text of the n-th fake key. */
export const keyText = (n: number): string => secret(`sk-SIMULATEDv7Qm2Xc9Rt4Lw8Zn${String(n).padStart(14, '0')}`);
