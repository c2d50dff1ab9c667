import type { AddressInfo } from 'node:net';
import { Module, type INestApplication, type ModuleMetadata, type VersioningOptions } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import helmet from 'helmet';
import { KeyManagementModule, type KeyManagementModuleOptions } from '../../src/key-management';
import { ADMIN, VIEWER } from '../support/tokens';
import { DASHBOARD_FOLDER } from '../../src/key-management/dashboard/dashboard-files';

export { ADMIN, VIEWER };

interface RealAppSettings {
  /** Of the built page. */
  folder: string;
  options?: KeyManagementModuleOptions;
  adapter?: 'express' | 'fastify';
  withHelmet?: boolean;
  globalPrefix?: string;
  versioning?: VersioningOptions;
  /** What the app has beside the module. */
  parts?: ModuleMetadata;
}

/** The module in an app of its own, with the built page. */
export async function startRealApp(
  settings: RealAppSettings,
): Promise<{ app: INestApplication; origin: string; port: number }> {
  const { folder, options, adapter = 'express', withHelmet = false, globalPrefix, versioning, parts } = settings;
  @Module({
    ...parts,
    imports: [
      KeyManagementModule.forRoot({ store: { kind: 'memory' }, adminToken: ADMIN, viewerToken: VIEWER, ...options }),
    ],
  })
  class HostModule {}
  const testing = await Test.createTestingModule({ imports: [HostModule] })
    .overrideProvider(DASHBOARD_FOLDER)
    .useValue(folder)
    .compile();
  const app =
    adapter === 'express'
      ? testing.createNestApplication<NestExpressApplication>({ logger: false })
      : testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  if (withHelmet) app.use(helmet());
  if (globalPrefix) app.setGlobalPrefix(globalPrefix);
  if (versioning) app.enableVersioning(versioning);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, origin: `http://127.0.0.1:${port}`, port };
}
