import type { ConnectionOptions } from 'node:tls';
import type { Clock, Random } from '../../common/clock';

/** What is used of a `pg.Pool`: the options by which it makes its connections. */
export interface PostgresPool {
  readonly options: object;
}

/** Where the database is: a URL, or a pool as whose connections those of the store are made. */
export type PostgresSource =
  | {
      /**
       * `postgres://user:password@host:5432/database`, with the parameters that `pg` knows (`sslmode=verify-full`,
       * `sslrootcert=/path/ca.pem`, `options=-c%20search_path%3Dkeys`).
       */
      url: string;
      /**
       * TLS, as `pg` takes it: `true`, or the options of `tls.connect` (`{ ca }`). Not beside `sslmode` and the like in the URL.
       * @default what the URL says
       */
      ssl?: boolean | ConnectionOptions;
    }
  | {
      /** A `pg.Pool`. The store makes two connections by its options, and neither uses nor closes the pool itself. */
      pool: PostgresPool;
    };

export interface PostgresStoreSettings {
  /** Keeps apps on one database apart: 1 to 64 of `a`-`z`, `0`-`9`, `_`, `-`. @default 'default' */
  namespace?: string;
  /** Time limit of each statement, and of `open`; milliseconds. @default 3000 */
  timeoutMs?: number;
  /** @default the system's clock */
  clock?: Clock;
  /** @default Math.random */
  random?: Random;
}

export type PostgresKeyStoreOptions = PostgresStoreSettings & PostgresSource;
