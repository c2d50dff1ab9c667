import type { KeySource } from '../../src/key-management';
import { keysInSecret } from './keys-in-secret';

export interface GcpSettings {
  /** `projects/my-project/secrets/openai-keys` */
  secret: string;
  /** A token of the service account: `() => auth.getAccessToken()` of `google-auth-library`. */
  accessToken: () => Promise<string | null | undefined>;
  /** Default `https://secretmanager.googleapis.com`. */
  endpoint?: string;
}

/**
 * GCP Secret Manager by its REST API, as its own client speaks it with `fallback: true`. With `@google-cloud/secret-manager`, `read` is
 * `client.accessSecretVersion({ name: '…/versions/latest' })`, which gives the same payload.
 */
export const gcpKeys = ({ secret, accessToken, endpoint }: GcpSettings): KeySource => ({
  name: 'gcp_secret_manager',
  refreshMs: 4_000,
  async read({ signal }) {
    const url = `${endpoint ?? 'https://secretmanager.googleapis.com'}/v1/${secret}/versions/latest:access`;
    const headers = { authorization: `Bearer ${(await accessToken()) ?? ''}` };
    const response = await fetch(url, { headers, signal, redirect: 'error' });
    if (!response.ok) throw new Error(`GCP Secret Manager answers with HTTP ${response.status}`);
    const { payload } = (await response.json()) as { payload: { data: string } };
    return keysInSecret(Buffer.from(payload.data, 'base64').toString('utf8'));
  },
});
