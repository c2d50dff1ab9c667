import assert from 'node:assert/strict';
import type { Stage } from './stage';

/** What the samples of a page export, by name. They come from text, so each player says what it takes them for. */
export type Exports = Readonly<Record<string, unknown>>;

/** Does with one exported thing of a sample what its reader would, and asserts on what comes of it. */
type Player = (exported: Exports, stage: Stage) => Promise<void> | void;

/** By the name of what a sample exports. */
export type Players = Readonly<Record<string, Player>>;

/** An export of a sample as what it is known to be. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what comes from a page has no type of its own
export function as<T>(exported: Exports, name: string): T {
  assert(name in exported, `The sample exports no ${name}.`);
  return exported[name] as T;
}
