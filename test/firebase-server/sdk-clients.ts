import { randomUUID } from 'node:crypto';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import { type Database, getDatabase, type Query, type Reference } from 'firebase-admin/database';

/** Clients of the real SDK, all ended with one call. */
export class SdkClients {
  readonly #apps: App[] = [];

  connect(url: string): Database {
    const credential = { getAccessToken: () => Promise.resolve({ access_token: 'owner', expires_in: 3600 }) };
    const app = initializeApp({ databaseURL: url, credential }, randomUUID());
    this.#apps.push(app);
    return getDatabase(app);
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => deleteApp(app)));
  }
}

/** Resolves when the listener has seen a value for which `holds`. */
export function valueWhere(query: Query | Reference, holds: (value: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const seen = query.on(
      'value',
      (snapshot) => {
        const value: unknown = snapshot.val();
        if (!holds(value)) return;
        setImmediate(() => query.off('value', seen));
        resolve(value);
      },
      reject,
    );
  });
}

export const connectedTo = (database: Database): Promise<unknown> =>
  valueWhere(database.ref('.info/connected'), (up) => up === true);
