import { Get, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '../admin/openapi';
import { RequiredAccess, type Role } from '../admin/access/access.decorator';
import { actorOf } from '../admin/access/api-request';
import { ApiController } from '../admin/api-controller.decorator';
import { ADMIN_SETTINGS } from '../key-management.constants';
import type { AdminSettings } from '../configuration/key-management.options';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { QueryParams } from '../admin/input/request.decorators';
import { FIGURES, type Figures } from '../admin/schemas/requests';
import { DashboardFiguresService } from './dashboard-figures.service';
import type { DashboardFigures, VendorName } from './figures';

export interface DashboardSession {
  role: Role;
  /** All that keys can be added to, with or without keys. */
  providers: string[];
  /** Whose keys they take, by provider. */
  vendors: Record<string, VendorName>;
}

/** What the page needs and the API of `spec/api.md` does not say, or says with every key beside it. */
@ApiExcludeController()
@ApiController('dashboard', 'status', 'dashboard')
@RequiredAccess('viewer')
export class DashboardDataController {
  constructor(
    private readonly figures: DashboardFiguresService,
    private readonly registry: HealthCheckerRegistry,
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
  ) {}

  @Get('session')
  async session(@Req() request: object): Promise<DashboardSession> {
    const providers = this.registry.providers();
    const vendors = Object.fromEntries(providers.map((provider) => [provider, this.figures.vendorOf(provider)]));
    return { role: await this.#roleOf(request), providers, vendors };
  }

  @Get('figures')
  all(@QueryParams(() => FIGURES) { window }: Figures): DashboardFigures {
    return this.figures.current(window);
  }

  /** A host's own authorisation was only asked about reading so far. */
  async #roleOf(request: object): Promise<Role> {
    const { authorize } = this.settings;
    if (!authorize) return actorOf(request).role ?? 'viewer';
    return (await authorize(request, 'admin')) ? 'admin' : 'viewer';
  }
}
