import { StoreError } from './store-error';
import type { Json, StoreChange } from './key-store';
import { isSaneVersion } from './merge';

const DOCUMENT = /^[A-Za-z0-9_.:-]+(?:\/[A-Za-z0-9_.:-]+)*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const PLAIN = /^[A-Za-z0-9_.:-]+$/;

/**
 * Refuses what no store can hold, before anything of the batch is applied.
 * @throws StoreError `invalid`
 */
export function checkChanges(changes: readonly StoreChange[], id?: string): void {
  if (id !== undefined && !PLAIN.test(id))
    refuse(`the batch id ${JSON.stringify(id)} has other characters than A-Z a-z 0-9 _ . : -`);
  for (const change of changes) {
    const problem = problemOf(change);
    if (problem) refuse(`${change.kind} of ${JSON.stringify(change.doc)}: ${problem}`);
  }
}

function problemOf(change: StoreChange): string | undefined {
  if (!DOCUMENT.test(change.doc)) return 'the document name has other characters than A-Z a-z 0-9 _ . : - and /';
  if (change.kind === 'drop') return undefined;
  if (change.field === '') return 'the field has no name';
  if (LONE_SURROGATE.test(change.field)) return 'the field name is no well-formed text';
  switch (change.kind) {
    case 'set':
      if (!isSaneVersion(change.register.version)) return 'the version is no whole number from 0 to 2^32';
      if (!PLAIN.test(change.register.tie)) return 'the tie has other characters than A-Z a-z 0-9 _ . : -';
      return (change.register.value as Json | undefined) === undefined
        ? 'the value is undefined, which JSON cannot hold'
        : undefined;
    case 'max':
      return Number.isFinite(change.value) ? undefined : `${change.value} is no finite number`;
    case 'add':
      return Number.isFinite(change.by) ? undefined : `${change.by} is no finite number`;
  }
}

function refuse(problem: string): never {
  throw new StoreError('invalid', `The store cannot hold this change: ${problem}.`);
}
