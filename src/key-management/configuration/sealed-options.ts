import type { KeyManagementOptions } from './key-management.options';
import { isPlainObject } from '../common/plain-object';
import { SecretText } from '../common/secret-text';

/** Texts that may be shown. Whatever is not named here is taken for a secret, also what is added to the options later. */
const SHOWN: ReadonlySet<string> = new Set([
  'kind',
  'path',
  'namespace',
  'healthCheckDepth',
  'errorClassification',
  'probeModel',
  'compatibleWith',
  'vendor',
]);

const originals = new WeakMap<object, KeyManagementOptions>();

/**
 * The options as they may lie in an app's container, where `inspect`, loggers and debuggers find them: of the same shape, with every
 * key, token, secret and URL replaced by a `SecretText`, and each list of keys by one.
 */
export function sealOptions(given: KeyManagementOptions | undefined): object {
  const sealed = typeof given === 'object' && (given as unknown) !== null ? fieldsOf(given) : {};
  originals.set(sealed, given ?? {});
  return sealed;
}

/** The options as they were given; those that nobody sealed, as an overridden provider in a test, are taken as they are. */
export const openOptions = (options: object): KeyManagementOptions => originals.get(options) ?? options;

const fieldsOf = (given: object): object =>
  Object.fromEntries(Object.entries(given).map(([field, each]) => [field, masked(each, field)]));

function masked(value: unknown, name: string): unknown {
  if (typeof value === 'string') return SHOWN.has(name) ? value : new SecretText(value);
  if (typeof value === 'function') return new SecretText('');
  if (typeof value !== 'object' || value === null) return value;
  // What is no plain object (a client of the host's own), and a key source, may hold anything, and is nobody's to copy.
  if (name === 'keys' || name === 'source' || !isPlainObject(value)) return new SecretText('');
  return fieldsOf(value);
}
