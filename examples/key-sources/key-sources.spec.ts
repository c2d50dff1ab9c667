import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecretClient } from '@azure/keyvault-secrets';
import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, RetryExecutorService, type KeySource } from '../../src/key-management';
import { asVendor, secret } from '../../test/canary/canary';
import { fakeKey, VendorSimulator } from '../../test/simulator';
import { startKeyManagement } from '../../test/support/key-management-app';
import { awsKeys } from './aws';
import { azureKeys } from './azure';
import { gcpKeys } from './gcp';
import { vaultKeys } from './vault';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** One service: how it answers, as its documentation has it, and the source that reads it. */
interface Service {
  readonly name: string;
  readonly answer: (request: IncomingMessage, body: string, keys: Readonly<Record<string, string>>) => Answer;
  readonly source: (url: string) => KeySource;
  readonly refusal: RegExp;
}

const TOKEN = secret('a-token-of-the-service-account');
const bearer = ({ headers }: IncomingMessage): boolean => headers.authorization === `Bearer ${TOKEN}`;

const SERVICES: Service[] = [
  {
    name: 'Vault KV 2',
    answer: ({ url, headers }, _, keys) =>
      url === '/v1/secret/data/ai/openai' && headers['x-vault-token'] === TOKEN
        ? { body: { request_id: 'r', lease_id: '', data: { data: keys, metadata: { version: 3, destroyed: false } } } }
        : { status: 403, body: { errors: ['permission denied'] } },
    source: (address) => vaultKeys({ address, token: () => TOKEN, path: 'ai/openai' }),
    refusal: /HTTP 403/,
  },
  {
    name: 'AWS Secrets Manager',
    answer: ({ headers }, body, keys) => {
      const isSigned = /^AWS4-HMAC-SHA256 Credential=AKIAFAKE\//.test(headers.authorization ?? '');
      const asked = JSON.parse(body) as { SecretId?: string };
      return isSigned && headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && asked.SecretId === 'ai/openai'
        ? {
            body: {
              ARN: 'arn:aws:x',
              Name: 'ai/openai',
              SecretString: JSON.stringify(keys),
              VersionStages: ['AWSCURRENT'],
            },
          }
        : { status: 400, body: { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find it." } };
    },
    source: (endpoint) =>
      awsKeys(
        new SecretsManagerClient({
          endpoint,
          region: 'eu-central-1',
          credentials: { accessKeyId: 'AKIAFAKE', secretAccessKey: TOKEN },
          maxAttempts: 1,
        }),
        'ai/openai',
      ),
    refusal: /can't find it/,
  },
  {
    name: 'GCP Secret Manager',
    answer: (request, _, keys) =>
      request.url === '/v1/projects/p/secrets/s/versions/latest:access' && bearer(request)
        ? {
            body: {
              name: 'projects/1/secrets/s/versions/3',
              payload: { data: Buffer.from(JSON.stringify(keys)).toString('base64'), dataCrc32c: '1' },
            },
          }
        : { status: 403, body: { error: { code: 403, status: 'PERMISSION_DENIED' } } },
    source: (endpoint) =>
      gcpKeys({ endpoint, secret: 'projects/p/secrets/s', accessToken: () => Promise.resolve(TOKEN) }),
    refusal: /HTTP 403/,
  },
  {
    name: 'Azure Key Vault',
    answer: (request, _, keys) => {
      if (!bearer(request)) {
        const challenge =
          'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"';
        return { status: 401, headers: { 'www-authenticate': challenge }, body: { error: { code: 'Unauthorized' } } };
      }
      return request.url?.startsWith('/secrets/openai/')
        ? {
            body: {
              value: JSON.stringify(keys),
              id: 'https://v.vault.azure.net/secrets/openai/3',
              attributes: { enabled: true },
            },
          }
        : {
            status: 404,
            body: { error: { code: 'SecretNotFound', message: 'A secret was not found in this key vault.' } },
          };
    },
    source: (url) => {
      const credential = {
        getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
      };
      const options = {
        allowInsecureConnection: true,
        disableChallengeResourceVerification: true,
        retryOptions: { maxRetries: 0 },
      };
      return azureKeys(new SecretClient(url, credential, options), 'openai');
    },
    refusal: /not found/,
  },
];

describe.each(SERVICES)('keys from $name', ({ answer, source, refusal }) => {
  let server: Server;
  let simulator: VendorSimulator;
  let app: TestingModule | undefined;
  let keys: Record<string, string>;
  let isGone: boolean;
  let url: string;

  beforeEach(async () => {
    [keys, isGone] = [{}, false];
    simulator = await VendorSimulator.start();
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (isGone) request.url = '/other';
        if (isGone) request.headers['x-amz-target'] = 'other';
        const { status = 200, headers, body: document } = answer(request, body, keys);
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document));
      });
    });
    // It is given secrets, and gives them.
    asVendor(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await simulator.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const key = (n: number): string => simulator.openai.key(fakeKey('openai', 800 + n));

  it('rotates a key in a running app with no failed call, and keeps it while the service refuses', async () => {
    keys = { 'team-a': key(1), 'team-b': key(2) };
    const refusals: unknown[] = [];
    const given = source(url);
    const read: KeySource['read'] = (request) =>
      given.read(request).catch((error: unknown) => {
        refusals.push(error);
        throw error;
      });
    app = await startKeyManagement({
      providers: { openai: { source: { ...given, read, refreshMs: 250 }, baseUrl: simulator.openai.baseUrl } },
    });
    const pools = app.get(KeyPoolService);
    const shown = () => pools.list('openai').map(({ id, status, origin }) => [id, status, origin]);
    expect(shown()).toEqual([
      ['team-a', 'healthy', given.name],
      ['team-b', 'healthy', given.name],
    ]);
    const next = key(3);
    keys = { 'team-a': next };
    const used = new Set<string>();
    while (!used.has(next) || pools.list('openai').length > 1) {
      const result = await app.get(RetryExecutorService).execute('openai', ({ apiKey }) => Promise.resolve(apiKey));
      expect(result).toMatchObject({ success: true, attemptsMade: 1 });
      if (result.success) used.add(result.response);
      await sleep(10);
    }
    isGone = true;
    while (refusals.length < 2) await sleep(10);
    expect(String(refusals[0])).toMatch(refusal);
    expect(shown()).toEqual([['team-a', 'healthy', given.name]]);
  });
});
