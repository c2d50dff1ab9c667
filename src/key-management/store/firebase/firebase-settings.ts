import { readFile } from 'node:fs/promises';
import type { ServiceAccount } from 'firebase-admin/app';
import type { Clock, Random } from '../../common/clock';
import { parseJson } from '../../common/text';
import { StoreError } from '../port/store-error';

/** Where the Firebase store is and how it is reached. */
export interface FirebaseKeyStoreOptions {
  /** `FIREBASE_URL`: `https://<database>.firebaseio.com`, or `http://localhost:9000?ns=<name>` of an emulator. */
  url: string;
  /** `FIREBASE_CREDENTIALS_JSON`: the service account's key, as a path to its file or as the JSON itself. An emulator needs none. */
  credentials?: string;
  /** `FIREBASE_DATABASE_EMULATOR_HOST`: `host:port` of an emulator that is used instead of the one in the URL. */
  emulatorHost?: string;
  /** The place in the database; default `ai-key-management`. Instances with the same one, and the same namespace, share their state. */
  root?: string;
  /** Keeps apps apart that share a database: one but `default` has a place of its own under the root, `namespaces/<name>`. */
  namespace?: string;
  /** How long one operation, and `open`, may take; default 5,000. */
  timeoutMs?: number;
  /** How long reading all documents may take; default 30,000. */
  loadTimeoutMs?: number;
  /** Default: the system's clock. */
  clock?: Clock;
  /** Default: `Math.random`. */
  random?: Random;
}

export interface FirebaseSettings extends Required<
  Pick<FirebaseKeyStoreOptions, 'url' | 'root' | 'timeoutMs' | 'loadTimeoutMs'>
> {
  /** Host and port, for messages: an URL may hold what should not be printed. */
  host: string;
  serviceAccount?: ServiceAccount;
}

const URL_MEND = 'Set it to https://<database>.firebaseio.com, as the Firebase console shows it.';

/** What is wrong with a URL, for an error that names the setting; nothing of the URL is repeated. */
export function firebaseUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.host && /^https?:$/.test(url.protocol)) return undefined;
  return 'is no URL of a database; give https://<database>.firebaseio.com, as the Firebase console shows it.';
}

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
  if (!URL.canParse(text)) throw new StoreError('not_usable', `${name} is not a URL. ${URL_MEND}`);
  const url = new URL(text);
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

const rootOf = ({ root = 'ai-key-management', namespace = 'default' }: FirebaseKeyStoreOptions): string =>
  namespace === 'default' ? root : `${root}/namespaces/${namespace}`;

function checkRoot(root: string): string {
  if (/^[A-Za-z0-9_:-]+(?:\/[A-Za-z0-9_:-]+){0,7}$/.test(root)) return root;
  throw new StoreError(
    'not_usable',
    `The Firebase store's root ${JSON.stringify(root)} must be segments of A-Z a-z 0-9 _ : - joined by /.`,
  );
}

const CREDENTIALS_MEND =
  'Set it to a service account key (Firebase console → Project settings → Service accounts → Generate new private key): the path of the file, or the JSON itself.';

/**
 * Reads `FIREBASE_CREDENTIALS_JSON`. No message repeats anything of the value but a path.
 * @throws StoreError `not_usable`
 */
async function readServiceAccount(credentials: string | undefined): Promise<ServiceAccount> {
  const value = credentials?.trim() ?? '';
  if (value === '') throw credentialsError('is not set, and only an emulator needs none');
  if (value.startsWith('{')) return parse(value, 'holds invalid JSON');
  // A damaged JSON text (cut off at its start, say) must not be printed as if it were a path.
  if (/["{}\n]|PRIVATE KEY/.test(value)) throw credentialsError('is neither a path nor a JSON object');
  let text: string;
  try {
    text = await readFile(value, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw credentialsError(`names the file ${value}, which cannot be read (${code})`);
  }
  return parse(text, `names the file ${value}, which holds invalid JSON`);
}

function parse(text: string, invalid: string): ServiceAccount {
  const json = parseJson(text);
  if (json === undefined) throw credentialsError(invalid);
  const account = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if (account.type !== undefined && account.type !== 'service_account')
    throw credentialsError('is not the key of a service account');
  const missing = ['project_id', 'client_email', 'private_key'].filter((name) => typeof account[name] !== 'string');
  if (missing.length > 0) throw credentialsError(`lacks ${missing.join(', ')}`);
  return {
    projectId: account.project_id as string,
    clientEmail: account.client_email as string,
    privateKey: account.private_key as string,
  };
}

/** @internal An error about `FIREBASE_CREDENTIALS_JSON`. */
export const credentialsError = (what: string): StoreError =>
  new StoreError('not_usable', `FIREBASE_CREDENTIALS_JSON ${what}. ${CREDENTIALS_MEND}`);
