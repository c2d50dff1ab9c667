import type { Clock, Random } from '../../common/clock';

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
