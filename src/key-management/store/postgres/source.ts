import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientConfig } from 'pg';
import { decodedUri } from '../../common/text';
import { StoreError } from '../port/store-error';
import type { PostgresKeyStoreOptions, PostgresSource } from './options';

const NAMESPACE = /^[a-z0-9_-]{1,64}$/;
/** In a URL they would silently replace `ssl`. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert'];

/**
 * Refuses settings that can never work; nothing of the URL is repeated.
 * @throws StoreError `not_usable`
 */
export function checkOptions(options: PostgresKeyStoreOptions): void {
  const problem = problemOf(options);
  if (problem) throw new StoreError('not_usable', `PostgresKeyStore: ${problem}`);
}

function problemOf(options: PostgresKeyStoreOptions): string | undefined {
  const { namespace = 'default', timeoutMs = 1 } = options;
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace))
    return 'namespace must be 1 to 64 of the characters a-z 0-9 _ and -.';
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) return 'timeoutMs must be a number of milliseconds above 0.';
  const { url, pool, ssl }: { url?: unknown; pool?: { options?: unknown }; ssl?: unknown } = options;
  if ((url === undefined) === (pool === undefined)) return 'give either url or pool.';
  if (pool !== undefined)
    return typeof pool.options === 'object' ? undefined : 'pool must be a Pool of the package pg.';
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(?:ql)?:$/.test(parsed.protocol))
    return 'url must have the form postgres://user:password@host:5432/database.';
  const said = TLS_PARAMETERS.find((name) => parsed.searchParams.has(name));
  if (ssl !== undefined && said) return `ssl and ${said} in the url say the same thing: give one of them.`;
  return undefined;
}

/** What the source says of its connections, in the words of `pg`. */
function configOf(source: PostgresSource): ClientConfig {
  if ('url' in source)
    return { connectionString: source.url, ...(source.ssl === undefined ? {} : { ssl: source.ssl }) };
  const options = source.pool.options as ClientConfig;
  // A pool hides its password from listings, and so from copies.
  return { ...options, password: options.password };
}

/** The options of one connection, and its socket, by which a connection that does not answer can be ended all the same. */
export function clientConfig(
  source: PostgresSource,
  timeoutMs: number,
): { config: ClientConfig; socket: () => Duplex | undefined } {
  let socket: Duplex | undefined;
  const given = configOf(source);
  const config: ClientConfig = {
    application_name: 'nestjs-ai-key-management',
    keepAlive: true,
    ...given,
    connectionTimeoutMillis: timeoutMs,
    stream: () => (socket = given.stream?.() ?? new Socket()),
  };
  return { config, socket: () => socket };
}

/** Where the store is, without its password. */
export function placeOf(source: PostgresSource): string {
  const { connectionString, host, port, database } = configOf(source);
  if (connectionString === undefined) return `${host ?? 'localhost'}:${port ?? 5432}/${database ?? ''}`;
  if (!URL.canParse(connectionString)) return 'the place of the pool given';
  const url = new URL(connectionString);
  return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
}

/** The passwords of the source, which must not be printed. */
export function secretsOf(source: PostgresSource): string[] {
  const { connectionString = '', password } = configOf(source);
  const url = URL.canParse(connectionString) ? new URL(connectionString) : undefined;
  const secrets = [password, url?.password, url && decodedUri(url.password), url?.searchParams.get('password')];
  // What is shorter is no secret, and would blot out letters of ordinary words.
  return secrets.filter((each): each is string => typeof each === 'string' && each.length >= 4);
}
