// An app with the module in it, its own pieces beside it.
import {
  Controller,
  Get,
  Module,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { KeyManagementModule, type KeyManagementModuleOptions } from '../../src/key-management';
import { DASHBOARD_FOLDER } from '../../src/key-management/dashboard/dashboard-files';
import { buildDashboard } from '../dashboard/build';
import { ADMIN, type Adapter } from './support';

class Log implements LoggerService {
  readonly warnings: string[] = [];
  log = (): void => undefined;
  error = (line: string): void => void this.warnings.push(line);
  /** That there are no keys is said, and is no matter here. */
  warn = (line: string): void => void (line.startsWith('No provider has a key') || this.warnings.push(line));
}

export interface Host {
  adapter: Adapter;
  imports?: (module: Type | object) => ModuleMetadata['imports'];
  parts?: ModuleMetadata;
  options?: KeyManagementModuleOptions;
  before?: (app: INestApplication) => unknown;
}

const running: INestApplication[] = [];
afterEach(() => Promise.all(running.splice(0).map((app) => app.close())));

export async function start({ adapter, imports = (module) => [module as Type], parts = {}, options, before }: Host) {
  const module = KeyManagementModule.forRoot({ store: { kind: 'memory' }, adminToken: ADMIN, ...options });
  @Module({ ...parts, imports: imports(module) ?? [] })
  class HostModule {}
  const testing = await Test.createTestingModule({ imports: [HostModule] })
    .overrideProvider(DASHBOARD_FOLDER)
    .useValue(buildDashboard('host-pieces'))
    .compile();
  const log = new Log();
  testing.useLogger(log);
  const app: INestApplication =
    adapter === 'express'
      ? testing.createNestApplication<NestExpressApplication>()
      : testing.createNestApplication(new FastifyAdapter());
  await before?.(app);
  await app.listen(0, '127.0.0.1');
  running.push(app);
  const url = await app.getUrl();
  const get = async (path: string, token: string | null = ADMIN) => {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url + path, { headers });
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
  return { get, log };
}

@Controller('health')
export class OwnHealth {
  @Get()
  all() {
    return { own: true };
  }
}
@Controller('metrics')
export class OwnMetrics {
  @Get()
  all() {
    return 'own_metric 1';
  }
}
@Module({ controllers: [OwnHealth, OwnMetrics] })
export class OwnModule {}

export const own = { status: 200, text: '{"own":true}' };
export const MODULE_ROUTES = [
  '/health',
  '/health/live',
  '/health/ready',
  '/health/keys',
  '/metrics',
  '/dashboard',
  '/admin/events',
];
