import type { Provider, Type } from '@nestjs/common';
import { AccessGuard } from './access/access.guard';
import { AccessTokensService } from './access/access-tokens.service';
import { FailedTriesService } from './access/failed-tries.service';
import { EventStreamController } from './controllers/event-stream.controller';
import { FailedCallsController } from './controllers/failed-calls.controller';
import { HealthController } from './controllers/health.controller';
import { KeysController } from './controllers/keys.controller';
import { OperationsController } from './controllers/operations.controller';
import { ProvidersController } from './controllers/providers.controller';
import { StatusController } from './controllers/status.controller';
import { TimelineController } from './controllers/timeline.controller';
import { BulkKeysService } from './bulk-keys.service';
import { KeyAdminService } from './key-admin.service';
import { registerComponents } from './openapi';
import { HostRoutesService } from './routes/host-routes.service';
import { EventStreamService } from './stream/event-stream.service';

/** The HTTP API. */
export const ADMIN_CONTROLLERS: Type[] = [
  HealthController,
  StatusController,
  TimelineController,
  KeysController,
  ProvidersController,
  OperationsController,
  FailedCallsController,
  EventStreamController,
];

// It is mounted whatever the settings leave out.
registerComponents(KeysController);

export const ADMIN_PROVIDERS: Provider[] = [
  AccessTokensService,
  FailedTriesService,
  AccessGuard,
  KeyAdminService,
  BulkKeysService,
  EventStreamService,
  HostRoutesService,
];
