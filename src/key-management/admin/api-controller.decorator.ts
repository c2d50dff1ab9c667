import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { AccessGuard } from './access/access.guard';
import { KeyManagementExceptionFilter } from './api-exception.filter';
import { AuditInterceptor } from './audit/audit.interceptor';
import { NoStoreInterceptor } from './no-store.interceptor';
import { JsonBodyGuard } from './input/json-body.guard';
import { RequestValidationPipe } from './input/request-validation.pipe';

/** A controller of this API: guarded, validated, audited, and with one shape of errors, whatever the host app does globally. */
export const ApiController = (path: string): ClassDecorator =>
  applyDecorators(
    Controller(path),
    UseGuards(AccessGuard, JsonBodyGuard),
    UsePipes(RequestValidationPipe),
    UseInterceptors(NoStoreInterceptor, AuditInterceptor),
    UseFilters(KeyManagementExceptionFilter),
  );
