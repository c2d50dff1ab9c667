import { join } from 'node:path';
import type { Provider, Type } from '@nestjs/common';
import { CODE_FOLDER } from '../key-management.constants';
import { DashboardDataController } from './dashboard-data.controller';
import { DashboardFiguresService } from './dashboard-figures.service';
import { DASHBOARD_FOLDER, DashboardFiles } from './dashboard-files';
import { DashboardController } from './dashboard.controller';

export const DASHBOARD_CONTROLLERS: Type[] = [DashboardDataController, DashboardController];

export const DASHBOARD_PROVIDERS: Provider[] = [
  { provide: DASHBOARD_FOLDER, useFactory: () => join(CODE_FOLDER, 'dashboard/public') },
  DashboardFiles,
  DashboardFiguresService,
];
