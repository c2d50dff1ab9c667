import type { ServiceAccount } from 'firebase-admin/app';
import { StoreError } from '../port/store-error';
import { type FirebaseKeyStoreOptions } from './firebase-options';
import { readServiceAccount } from './service-account';

export interface FirebaseSettings {
  url: string;
  /** Host and port, for messages: an URL may hold what should not be printed. */
  host: string;
  serviceAccount?: ServiceAccount;
  root: string;
  timeoutMs: number;
  loadTimeoutMs: number;
}

const URL_MEND = 'Set it to https://<database>.firebaseio.com, as the Firebase console shows it.';

/**
 * Checks the options and reads the credentials.
 * @throws StoreError `not_usable`, naming the setting and the mend.
 */
export async function readSettings(options: FirebaseKeyStoreOptions): Promise<FirebaseSettings> {
  const url = parseUrl(options.url);
  const emulatorHost = options.emulatorHost || process.env.FIREBASE_DATABASE_EMULATOR_HOST;
  const namespace = url.searchParams.get('ns') ?? url.hostname.split('.')[0] ?? 'default';
  const target = emulatorHost
    ? parseUrl(`http://${emulatorHost}?ns=${namespace}`, 'FIREBASE_DATABASE_EMULATOR_HOST')
    : url;
  const isEmulator = target.protocol === 'http:';
  if (isEmulator && !target.searchParams.has('ns')) target.searchParams.set('ns', namespace);
  return {
    // The SDK takes the slash before the query for a path of its own.
    url: `${target.protocol}//${target.host}${target.search}`,
    host: target.host,
    serviceAccount: isEmulator ? undefined : await readServiceAccount(options.credentials),
    root: checkRoot(rootOf(options)),
    timeoutMs: options.timeoutMs ?? 5_000,
    loadTimeoutMs: options.loadTimeoutMs ?? 30_000,
  };
}

function parseUrl(text: string, name = 'FIREBASE_URL'): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new StoreError('not_usable', `${name} is not a URL. ${URL_MEND}`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new StoreError('not_usable', `${name} must begin with https:// (or http:// for an emulator). ${URL_MEND}`);
  }
  if (url.pathname !== '/' || url.username !== '' || url.hash !== '') {
    throw new StoreError(
      'not_usable',
      `${name} must be the root of a database: no path, user or fragment. ${URL_MEND}`,
    );
  }
  return url;
}

function rootOf({ root = 'ai-key-management', namespace = 'default' }: FirebaseKeyStoreOptions): string {
  return namespace === 'default' ? root : `${root}/namespaces/${namespace}`;
}

function checkRoot(root: string): string {
  if (/^[A-Za-z0-9_:-]+(?:\/[A-Za-z0-9_:-]+){0,7}$/.test(root)) return root;
  throw new StoreError(
    'not_usable',
    `The Firebase store's root ${JSON.stringify(root)} must be segments of A-Z a-z 0-9 _ : - joined by /.`,
  );
}
