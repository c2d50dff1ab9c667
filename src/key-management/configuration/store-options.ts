import type { KeyManagementOptions, KeyStoreOptions } from './key-management.options';
import { isPlainObject } from '../common/plain-object';
import { Hidden, secretOf, SecretText } from '../common/secret-text';
import type { Environment } from './environment';
import { builtInStore } from '../store/built-in-stores';
import type { OwnStore, ResolvedStore } from './resolved-options';

const METHODS = ['open', 'load', 'write', 'lock', 'unlock', 'close'] as const;

/** A store of the app's own, whole or not: an object with one of a store's methods, or of a class. */
export function isOwnStore(store: unknown): store is OwnStore {
  if (typeof store !== 'object' || store === null) return false;
  return !isPlainObject(store) || METHODS.some((method) => typeof Reflect.get(store, method) === 'function');
}

/** What a store of the app's own lacks: path and problem. */
export function ownStoreProblems(store: OwnStore): [string, string][] {
  const problems = METHODS.filter((method) => typeof Reflect.get(store, method) !== 'function').map(
    (method): [string, string] => [
      method,
      `is no method; a store of your own needs ${METHODS.join(', ')}, as KeyStore says`,
    ],
  );
  if (typeof store.kind !== 'string') problems.push(['kind', 'must be a text that names the kind of store']);
  if (typeof store.shared !== 'boolean')
    problems.push(['shared', 'must say whether other instances may write the same store']);
  return problems;
}

/** Fills in the defaults. Adds to `problems` what one setting says against another. */
export function resolveStore(
  given: KeyManagementOptions['store'],
  merged: KeyStoreOptions | undefined,
  env: Environment,
  problems: string[],
): ResolvedStore {
  const own = isOwnStore(given) ? given : undefined;
  const kind = own ? own.kind : (merged?.kind ?? 'file');
  if (!own) problems.push(...placeProblems(kind, merged, isOwnStore(given) ? undefined : given));
  const previous = (env.KEY_ENCRYPTION_SECRET_PREVIOUS ?? '').split(',').map((each) => each.trim());
  const secrets = [merged?.encryptionSecret, ...previous].filter((each) => each !== undefined && each !== '');
  if (secrets.length > 0 && merged?.encryptionSecret === undefined) {
    problems.push('KEY_ENCRYPTION_SECRET_PREVIOUS: is of use only beside KEY_ENCRYPTION_SECRET; set that too.');
  }
  const { client, options } = merged ?? {};
  return {
    kind,
    own,
    namespace: merged?.namespace ?? 'default',
    shards: merged?.shards ?? 1,
    path: merged?.path ?? './data',
    url: secretOf(merged?.url),
    redis: client || options ? new Hidden({ client, options }) : undefined,
    credentials: secretOf(merged?.credentials),
    emulatorHost: env.FIREBASE_DATABASE_EMULATOR_HOST?.trim() || undefined,
    encryptionSecrets: secrets.map((each) => new SecretText(each!)),
  };
}

function placeProblems(kind: string, store: KeyStoreOptions | undefined, given: KeyStoreOptions | undefined): string[] {
  const { url, client, options } = store ?? {};
  if (kind !== 'redis') {
    const wrong = (['client', 'options', 'shards'] as const).filter((name) => store?.[name] !== undefined);
    if (wrong.length > 0) {
      return wrong.map((name) => `store.${name}: is for the redis store; set kind: 'redis', or leave it out.`);
    }
  }
  if (kind === 'redis') {
    if (given?.client !== undefined && (given.url !== undefined || given.options !== undefined)) {
      return ['store.client: stands for url and options; give the client alone, or leave it out.'];
    }
    if (client !== undefined || (url === undefined && options !== undefined)) return [];
  }
  const urlSetting = builtInStore(kind)?.url;
  if (!urlSetting) return [];
  const setting = `store.url (${urlSetting.variable})`;
  if (!url) return [`${setting}: the ${kind} store needs it; set it, or choose another KEY_STORE.`];
  const problem = urlSetting.problem(url);
  return problem === undefined ? [] : [`${setting}: ${problem}`];
}
