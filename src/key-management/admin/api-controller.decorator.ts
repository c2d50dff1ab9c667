import { applyDecorators, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { AccessGuard } from './access/access.guard';
import { AnswerInterceptor } from './answer.interceptor';
import { KeyManagementExceptionFilter } from './api-exception.filter';
import { AuditInterceptor } from './audit/audit.interceptor';
import { FreshFiguresInterceptor } from './fresh-figures.interceptor';
import { JsonBodyGuard } from './input/json-body.guard';
import { ApiBearerAuth, ApiTags } from './openapi';
import { ModuleController, type RoutePart } from './routes/module-controller.decorator';

/** A controller of this API: guarded, validated, audited, and with one shape of answers, whatever the host app does globally. */
export const ApiController = (path: string, tag: string, part?: RoutePart): ClassDecorator =>
  applyDecorators(
    ApiTags(tag),
    ApiBearerAuth(),
    ModuleController(path, part),
    UseGuards(AccessGuard, JsonBodyGuard),
    UseInterceptors(AnswerInterceptor, AuditInterceptor, FreshFiguresInterceptor),
    UseFilters(KeyManagementExceptionFilter),
  );
