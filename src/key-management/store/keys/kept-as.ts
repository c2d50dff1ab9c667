/**
 * What becomes of a key over a restart. `configuration`: given there at each start, never stored; `stored`: kept encrypted; `pending`:
 * is stored when the store, which is away, works again; `memory_only`: gone after a restart.
 */
export const PERSISTENCES = ['configuration', 'stored', 'pending', 'memory_only'] as const;
export type Persistence = (typeof PERSISTENCES)[number];
