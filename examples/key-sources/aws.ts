import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { KeySource } from '../../src/key-management';
import { keysInSecret } from './keys-in-secret';

/**
 * AWS Secrets Manager. Each read is a billed call of each instance ($0.05 for 10,000 in 2026): every 4 s that is 0.11 dollars a day. Less often is
 * cheaper, and later.
 */
export const awsKeys = (client: SecretsManagerClient, secretId: string, refreshMs = 4_000): KeySource => ({
  name: 'aws_secrets_manager',
  refreshMs,
  async read({ signal }) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }), {
      abortSignal: signal,
    });
    return keysInSecret(SecretString ?? '');
  },
});
