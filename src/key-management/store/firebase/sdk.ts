import type { AppOptions, App } from 'firebase-admin/app';
import type { Database } from 'firebase-admin/database';
import { missingPeer } from '../../common/optional-peer';
import { StoreError } from '../port/store-error';
import { credentialsError, type FirebaseSettings } from './firebase-settings';

/** The parts of firebase-admin that the store uses. */
export interface FirebaseSdk {
  initializeApp(options: AppOptions, name: string): App;
  deleteApp(app: App): Promise<void>;
  getDatabase(app: App): Database;
  increment: (by: number) => unknown;
  /** What the server replaces by its time. */
  timestamp: unknown;
  credentialOf(settings: FirebaseSettings): AppOptions['credential'];
}

/** Loads firebase-admin, which costs a process that uses another store nothing. */
export async function loadSdk(): Promise<FirebaseSdk> {
  const { app, database } = await firebase();
  return {
    initializeApp: app.initializeApp,
    deleteApp: app.deleteApp,
    getDatabase: database.getDatabase,
    increment: (by) => database.ServerValue.increment(by),
    timestamp: database.ServerValue.TIMESTAMP,
    credentialOf: (settings) => credentialOf(settings, app.cert),
  };
}

/** Each import is awaited inside of a `try`: by that bundlers see that it may find nothing. */
async function firebase() {
  try {
    const app = await import('firebase-admin/app');
    const database = await import('firebase-admin/database');
    return { app, database };
  } catch (error) {
    throw new StoreError('not_usable', missingPeer('firebase-admin', 'firebase-admin@13', 'The firebase store', error));
  }
}

function credentialOf(
  { serviceAccount }: FirebaseSettings,
  cert: typeof import('firebase-admin/app').cert,
): AppOptions['credential'] {
  // An emulator is sent `owner` by the SDK; without any credential here it would look for one on this machine.
  if (serviceAccount === undefined)
    return { getAccessToken: () => Promise.resolve({ access_token: 'owner', expires_in: 3600 }) };
  try {
    return cert(serviceAccount);
  } catch {
    throw credentialsError('holds a private_key that cannot be read');
  }
}
