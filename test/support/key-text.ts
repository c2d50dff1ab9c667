/** A fake key, the n-th. */
export const keyText = (n: number): string => `sk-SIMULATED${String(n).padStart(30, '0')}`;
