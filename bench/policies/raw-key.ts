/** The simulated keys, numbered from 0. */
export const rawKey = (index: number): string => `sk-proj-simulated-${String(index).padStart(20, '0')}`;
