import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { closeRequestSchemas } from './request-schemas';

/** The OpenAPI document of the app, with the admin API in it. */
export function keyManagementDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('AI key management')
    .setDescription(
      'Pools of AI vendor API keys: checked before use, rotated on failure, removed when dead. No answer contains a key.',
    )
    .setVersion('1')
    .addTag('keys', 'The keys of each provider')
    .addTag('operations', 'Checks, settings and the event log')
    .addTag('status', 'Figures for people and dashboards')
    .addTag('health', 'For orchestrators')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN, or VIEWER_TOKEN to read only.' })
    .build();
  const document = SwaggerModule.createDocument(app, config);
  closeRequestSchemas(document);
  return document;
}

/** Serves Swagger UI at `path` and the document at `<path>-json`, under the app's global prefix. Call it before `listen`. */
export function setupKeyManagementDocs(app: INestApplication, path = 'docs'): void {
  SwaggerModule.setup(path, app, () => keyManagementDocument(app), {
    useGlobalPrefix: true,
    jsonDocumentUrl: `${path}-json`,
    raw: ['json'],
    customSiteTitle: 'AI key management',
    swaggerOptions: { displayRequestDuration: true },
  });
}
