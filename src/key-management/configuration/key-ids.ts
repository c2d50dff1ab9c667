import { redactText } from '../classification/redaction/redact';
import { keyIdOf } from '../pool/key/api-key';
import type { KeyInput } from '../pool/key/key-input';

/** A key and the id that was given with it. */
export type NamedKey = Pick<KeyInput, 'key' | 'id'>;

/** What is wrong with the id of one key of a list. */
export interface IdProblem {
  readonly index: number;
  readonly problem: string;
}

/** What is wrong with an id of the right form: ids are shown everywhere. Undefined for nothing. */
export const secretIdFlaw = ({ key, id }: NamedKey): string | undefined =>
  id !== undefined && redactText(id, typeof key === 'string' ? [key.trim()] : []) !== id
    ? 'must be a name for the key: this one is the key, or looks like one, and ids are shown'
    : undefined;

/** Where an id of the list stands for two keys, or one key has two ids. Blank keys, which are left out, are passed over. */
export function idProblems(keys: readonly NamedKey[]): IdProblem[] {
  // Without a given id there is nothing to find, and ten thousand keys need not be hashed.
  if (keys.every(({ id }) => id === undefined)) return [];
  const problems: IdProblem[] = [];
  const byId = new Map<string, { index: number; key: KeyInput['key'] }>();
  const byKey = new Map<string, { index: number; id: string }>();
  for (const [index, given] of keys.entries()) {
    const key = typeof given.key === 'string' ? given.key.trim() : given.key;
    const id = given.id ?? (typeof key === 'string' ? keyIdOf(key) : undefined);
    if (key === '' || id === undefined) continue;
    const same = typeof key === 'string' ? byKey.get(key) : undefined;
    const other = byId.get(id);
    if (same !== undefined && same.id !== id) {
      const problem = `the same key stands in keys.${same.index} under another id: give it once, with one id`;
      problems.push({ index, problem });
    } else if (other !== undefined && other.key !== key) {
      problems.push({ index, problem: `is the id of keys.${other.index} too: give each key an id of its own` });
    }
    if (other === undefined) byId.set(id, { index, key });
    if (same === undefined && typeof key === 'string') byKey.set(key, { index, id });
  }
  return problems;
}
