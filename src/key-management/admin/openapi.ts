import type * as Swagger from '@nestjs/swagger';
import { optionalPeer } from '../common/optional-peer';

/** Undefined in an app that does without @nestjs/swagger: the API is the same there, and has no document. */
export const swagger = optionalPeer(
  '@nestjs/swagger',
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be no choice
  () => require('@nestjs/swagger') as typeof Swagger,
);

const saysNothing = () => (): void => undefined;

export const ApiBearerAuth: typeof Swagger.ApiBearerAuth = swagger?.ApiBearerAuth ?? saysNothing;
export const ApiBody: typeof Swagger.ApiBody = swagger?.ApiBody ?? saysNothing;
export const ApiExcludeController: typeof Swagger.ApiExcludeController = swagger?.ApiExcludeController ?? saysNothing;
export const ApiExtraModels: typeof Swagger.ApiExtraModels = swagger?.ApiExtraModels ?? saysNothing;
export const ApiHeader: typeof Swagger.ApiHeader = swagger?.ApiHeader ?? saysNothing;
export const ApiOperation: typeof Swagger.ApiOperation = swagger?.ApiOperation ?? saysNothing;
export const ApiParam: typeof Swagger.ApiParam = swagger?.ApiParam ?? saysNothing;
export const ApiProperty: typeof Swagger.ApiProperty = swagger?.ApiProperty ?? saysNothing;
export const ApiResponse: typeof Swagger.ApiResponse = swagger?.ApiResponse ?? saysNothing;
export const ApiTags: typeof Swagger.ApiTags = swagger?.ApiTags ?? saysNothing;
/** Without documents the first of the two is enough: nobody reads the fields of a DTO that only documents an answer. */
export const IntersectionType: typeof Swagger.IntersectionType =
  swagger?.IntersectionType ?? ((...classes: unknown[]): never => classes[0] as never);
export const getSchemaPath: typeof Swagger.getSchemaPath = swagger?.getSchemaPath ?? (() => '');

export type ApiPropertyOptions = Swagger.ApiPropertyOptions;
export type ApiResponseOptions = Swagger.ApiResponseOptions;
export type OpenAPIObject = Swagger.OpenAPIObject;
