import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { secret } from '../../../../test/canary/canary';
import { findLeaks } from '../../../../test/canary/scan/find-leaks';
import { FirebaseServer } from '../../../../test/firebase-server';
import { FirebaseKeyStore } from './firebase-key-store';
import { readSettings } from './firebase-settings';

const CANARY = secret('MIIEvCANARYCANARY');
const URL = 'https://my-project-default-rtdb.firebaseio.com';
const account = (changes: object = {}): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'my-project',
    client_email: 'me@my-project.iam.gserviceaccount.com',
    private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
    ...changes,
  });

describe('the settings of the firebase store', () => {
  let folder: string;
  const emulator = process.env.FIREBASE_DATABASE_EMULATOR_HOST;

  beforeEach(() => {
    delete process.env.FIREBASE_DATABASE_EMULATOR_HOST;
    folder = mkdtempSync(join(tmpdir(), 'firebase-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => {
    if (emulator !== undefined) process.env.FIREBASE_DATABASE_EMULATOR_HOST = emulator;
  });

  const refusal = async (credentials: string | undefined, url = URL): Promise<string> => {
    const store = new FirebaseKeyStore({ url, credentials });
    const error = await store.open({ changed: jest.fn(), reset: jest.fn(), connection: jest.fn() }).then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string; stack: string },
    );
    expect(error).toMatchObject({ code: 'not_usable' });
    expect(`${JSON.stringify(error)} ${error?.stack}`).not.toContain('CANARY');
    return error?.message ?? '';
  };

  it.each<[string, string | undefined, string]>([
    ['are missing', undefined, 'is not set'],
    ['are empty', '  ', 'is not set'],
    ['are damaged JSON', `{"private_key": "${CANARY}`, 'invalid JSON'],
    ['are JSON that lost its beginning', `"private_key": "${CANARY}" }`, 'neither a path nor a JSON object'],
    ['name no file', '/no/such/file.json', 'ENOENT'],
    ['name a folder', tmpdir(), 'EISDIR'],
    ['lack the key', account({ private_key: undefined }), 'lacks private_key'],
    ['are of another kind', account({ type: 'authorized_user' }), 'not the key of a service account'],
    ['hold a key that is none', account(), 'private_key that cannot be read'],
  ])('name FIREBASE_CREDENTIALS_JSON and the mend when they %s', async (_, credentials, what) => {
    const message = await refusal(credentials);
    expect(message).toContain('FIREBASE_CREDENTIALS_JSON');
    expect(message).toContain(what);
    expect(message).toContain('Generate new private key');
  });

  it('say so when the file holds no JSON', async () => {
    const file = join(folder, 'key.json');
    writeFileSync(file, `${CANARY} {`);
    expect(await refusal(file)).toContain(`names the file ${file}, which holds invalid JSON`);
  });

  it.each(['', 'not a url', 'ftp://x.firebaseio.com', `${URL}/some/path`])(
    'name FIREBASE_URL when it is %j',
    async (url) => {
      expect(await refusal(account(), url)).toContain('FIREBASE_URL');
    },
  );

  it('take the credentials as a path or as JSON', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const json = account({ private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) });
    const file = join(folder, 'key.json');
    writeFileSync(file, json);
    for (const credentials of [json, `\n ${json}`, file]) {
      const settings = await readSettings({ url: `${URL}/`, credentials });
      expect(settings).toMatchObject({ url: URL, host: 'my-project-default-rtdb.firebaseio.com' });
      expect(settings.serviceAccount?.projectId).toBe('my-project');
    }
  });

  it('need no credentials for an emulator', async () => {
    expect(await readSettings({ url: 'http://localhost:9000?ns=x' })).toMatchObject({
      url: 'http://localhost:9000?ns=x',
    });
    expect(await readSettings({ url: 'http://localhost:9000/' })).toMatchObject({
      url: 'http://localhost:9000?ns=localhost',
    });
    const expected = { url: 'http://127.0.0.1:9000?ns=my-project-default-rtdb', serviceAccount: undefined };
    expect(await readSettings({ url: URL, emulatorHost: '127.0.0.1:9000' })).toMatchObject(expected);
    process.env.FIREBASE_DATABASE_EMULATOR_HOST = '127.0.0.1:9000';
    expect(await readSettings({ url: URL })).toMatchObject(expected);
  });

  it('stay unseen in a store that is inspected, before and after it is opened', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const server = await FirebaseServer.start();
    const store = new FirebaseKeyStore({ url: server.url(), credentials: account({ private_key: pem }) });
    const before = inspect(store, { depth: 12, showHidden: true });
    await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    await store.write([{ kind: 'add', doc: 'keys/openai/1', field: 'calls', by: 1 }]);
    const after = inspect(store, { depth: 12, showHidden: true });
    await store.close();
    await server.stop();
    expect(before).toContain('FirebaseKeyStore');
    expect(findLeaks(before + after, [pem])).toEqual([]);
  });
});
