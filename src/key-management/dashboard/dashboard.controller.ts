import { Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '../admin/openapi';
import { RequiredAccess } from '../admin/access/access.decorator';
import { AccessGuard } from '../admin/access/access.guard';
import { ModuleController, PublicToHost } from '../admin/routes/module-controller.decorator';
import { keepAnswer } from '../admin/routes/own-answer';
import { partPath } from '../admin/routes/mounted-controllers';
import { ADMIN_SETTINGS } from '../key-management.constants';
import type { AdminSettings } from '../configuration/key-management.options';
import { DashboardFiles } from './dashboard-files';
import { assetHeaders, NOT_BUILT, PAGE_HEADERS, pageHtml, PLAIN_HEADERS } from './dashboard-page';

/** What Express and Fastify requests have in common, as far as the page needs it. */
interface PageRequest {
  readonly url: string;
  readonly originalUrl?: string;
}

/** The page and its two files: open to anyone, for they hold no data. */
@ApiExcludeController()
@ModuleController('dashboard', 'dashboard')
@PublicToHost()
@UseGuards(AccessGuard)
@RequiredAccess('public')
export class DashboardController {
  constructor(
    private readonly files: DashboardFiles,
    private readonly adapters: HttpAdapterHost,
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
  ) {}

  @Get()
  page(@Req() request: PageRequest, @Res({ passthrough: true }) response: object): void {
    const built = this.files.built();
    const url = request.originalUrl ?? request.url;
    const access = this.settings.authorize ? 'host' : 'token';
    const html = built && pageHtml(built, url, access, partPath('dashboard', this.settings));
    if (html) this.#reply(response, 200, PAGE_HEADERS, html);
    else this.#reply(response, 503, PLAIN_HEADERS, NOT_BUILT);
  }

  @Get('assets/:file')
  asset(@Param('file') file: string, @Res({ passthrough: true }) response: object): void {
    const built = this.files.built();
    const asset = built?.assets.get(file);
    if (asset) this.#reply(response, 200, assetHeaders(asset.contentType), asset.text);
    else if (built) this.#reply(response, 404, PLAIN_HEADERS, 'There is no such file.\n');
    else this.#reply(response, 503, PLAIN_HEADERS, NOT_BUILT);
  }

  #reply(response: object, status: number, headers: Readonly<Record<string, string>>, text: string): void {
    const { httpAdapter } = this.adapters;
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, text, status);
    keepAnswer(response);
  }
}
