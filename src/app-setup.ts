import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { setupKeyManagementDocs } from './key-management';

/** What the host app adds to its module: bounds, headers, proxies and the docs. Shared with the tests. */
export function setUpApp(app: NestExpressApplication, env: NodeJS.ProcessEnv = process.env): NestExpressApplication {
  app.useBodyParser('json', { limit: '1mb' });
  app.set('trust proxy', trustProxy(env.TRUST_PROXY));
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
  app.enableShutdownHooks();
  setupKeyManagementDocs(app);
  return app;
}

/** `1` (hops), `true`, or addresses as `loopback, 10.0.0.0/8`. Nothing: no proxy is believed. */
function trustProxy(text = ''): boolean | number | string {
  const value = text.trim();
  if (value === '' || value === 'false') return false;
  if (value === 'true') return true;
  return /^\d+$/.test(value) ? Number(value) : value;
}
