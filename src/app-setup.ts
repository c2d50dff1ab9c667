import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { setupKeyManagementDocs } from './key-management';

/** What the host app adds to its module: bounds, headers, proxies and the docs. Shared with the tests. */
export function setUpApp(app: NestExpressApplication, env: NodeJS.ProcessEnv = process.env): NestExpressApplication {
  app.useBodyParser('json', { limit: '1mb' });
  try {
    app.set('trust proxy', trustProxy(env.TRUST_PROXY));
  } catch {
    throw new Error('TRUST_PROXY must be a number of hops, or addresses as "loopback, 10.0.0.0/8".');
  }
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          // Swagger UI draws with inline styles and data: images; scripts come from here alone.
          'script-src': ["'self'"],
          'style-src': ["'self'", "'unsafe-inline'"],
          'img-src': ["'self'", 'data:'],
          // TLS is the proxy's business: forcing it would break plain http on a private network.
          'upgrade-insecure-requests': null,
        },
      },
      strictTransportSecurity: false,
    }),
  );
  const server = app.getHttpServer();
  // Who sends slowly holds a connection no longer than this; answers, as the event stream, take what they take.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  app.enableShutdownHooks();
  setupKeyManagementDocs(app);
  return app;
}

/** `PORT`, default 3000. What is no number would be taken for the name of a socket file. @throws Error naming the variable */
export function portFrom({ PORT = '' }: NodeJS.ProcessEnv): number {
  const value = PORT.trim();
  if (value === '') return 3000;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Error('PORT must be a whole number from 0 to 65535.');
}

/** `1` (hops), or addresses as `loopback, 10.0.0.0/8`. Nothing: no proxy is believed. `true` would believe every client. */
function trustProxy(text = ''): false | number | string {
  const value = text.trim();
  if (value === '' || value === 'false') return false;
  return /^\d+$/.test(value) ? Number(value) : value;
}
