import type { Clock } from '../../src/key-management';
import { BoundObjects } from '../../src/key-management/execution/affinity/bound-objects';

const nothing = (): void => undefined;

/** Remembers whose the vendor's objects are, without any store. */
export const unkeptObjects = (clock: Clock): BoundObjects =>
  new BoundObjects({ put: nothing, drop: nothing, setAside: nothing, shared: false, up: true }, clock);
