import type { SecretClient } from '@azure/keyvault-secrets';
import type { KeySource } from '../../src/key-management';
import { keysInSecret } from './keys-in-secret';

/** Azure Key Vault: the latest version of one secret. `new SecretClient(vaultUrl, new DefaultAzureCredential())` of `@azure/identity`. */
export const azureKeys = (client: SecretClient, secretName: string): KeySource => ({
  name: 'azure_key_vault',
  refreshMs: 4_000,
  async read({ signal }) {
    const { value } = await client.getSecret(secretName, { abortSignal: signal });
    return keysInSecret(value ?? '');
  },
});
