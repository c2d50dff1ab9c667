import { startKeyManagement } from '../support/key-management-app';

describe('store settings that can never work', () => {
  it('stop the start, naming the setting and the mend', async () => {
    const credentials = '/nowhere/credentials-of-a-test.json';
    const store = { kind: 'firebase', url: 'https://example-rtdb.firebaseio.com', credentials } as const;
    await expect(startKeyManagement({ store })).rejects.toThrow(/FIREBASE_CREDENTIALS_JSON/);
  });
});
