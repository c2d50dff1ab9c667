import type { KeySource } from '../../src/key-management';

export interface VaultSettings {
  /** `https://vault.internal:8200` */
  address: string;
  /** Asked for each read, since tokens of Vault are renewed. */
  token: () => string | Promise<string>;
  /** Where the KV 2 engine is mounted. Default `secret`. */
  mount?: string;
  /** `ai/openai` */
  path: string;
}

/**
 * HashiCorp Vault, KV version 2, by its HTTP API: each field of the secret is a key, its name the id. Vault needs no SDK for this; with `node-vault`,
 * `read` is `client.read('secret/data/ai/openai')`, which gives the same document.
 */
export const vaultKeys = ({ address, token, mount = 'secret', path }: VaultSettings): KeySource => ({
  name: 'vault',
  refreshMs: 4_000,
  async read({ signal }) {
    const headers = { 'x-vault-token': await token() };
    const response = await fetch(`${address}/v1/${mount}/data/${path}`, { headers, signal, redirect: 'error' });
    if (!response.ok) throw new Error(`Vault answers with HTTP ${response.status}`);
    const { data } = (await response.json()) as { data: { data: Record<string, string> } };
    return Object.entries(data.data).map(([id, key]) => ({ id, key }));
  },
});
