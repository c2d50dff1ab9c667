import type { INestApplication } from '@nestjs/common';
import { swagger } from './openapi';

/** An OpenAPI 3 document. Fits `OpenAPIObject` of @nestjs/swagger, which an app may do without. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  // The rest is as deep as the specification of OpenAPI, and is written out nowhere but in @nestjs/swagger.
  /* eslint-disable @typescript-eslint/no-explicit-any */
  paths: Record<string, any>;
  components?: any;
  tags?: any[];
  /* eslint-enable @typescript-eslint/no-explicit-any */
}

/**
 * The OpenAPI document of the app, with the admin API in it.
 * @throws Error where @nestjs/swagger is not installed
 */
export function keyManagementDocument(app: INestApplication): OpenApiDocument {
  const { DocumentBuilder, SwaggerModule } = needed();
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
  return SwaggerModule.createDocument(app, config);
}

/**
 * Serves Swagger UI at `path` and the document at `<path>-json`, under the app's global prefix. Call it before `listen`.
 * @throws Error where @nestjs/swagger is not installed
 */
export function setupKeyManagementDocs(app: INestApplication, path = 'docs'): void {
  const { SwaggerModule } = needed();
  // Made by the function above, so it is what SwaggerModule makes.
  const document = () => keyManagementDocument(app) as ReturnType<typeof SwaggerModule.createDocument>;
  SwaggerModule.setup(path, app, document, {
    useGlobalPrefix: true,
    jsonDocumentUrl: `${path}-json`,
    raw: ['json'],
    customSiteTitle: 'AI key management',
    swaggerOptions: { displayRequestDuration: true },
  });
}

function needed(): NonNullable<typeof swagger> {
  if (swagger) return swagger;
  throw new Error(
    'The docs of the key management API need @nestjs/swagger: npm i @nestjs/swagger (or pnpm add @nestjs/swagger)',
  );
}
