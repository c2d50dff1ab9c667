import type { Type } from '@nestjs/common';
import type * as Swagger from '@nestjs/swagger';
import type { z } from 'zod';
import { apiSchema, componentSchemas } from '../common/api-schema';
import { absentPeer } from '../common/optional-peer';

/** Undefined in an app that does without @nestjs/swagger: the API is the same there, and has no document. */
export const swagger = load();

const documentsNothing = () => (): void => undefined;

export const ApiBearerAuth: typeof Swagger.ApiBearerAuth = swagger?.ApiBearerAuth ?? documentsNothing;
export const ApiBody: typeof Swagger.ApiBody = swagger?.ApiBody ?? documentsNothing;
export const ApiExcludeController: typeof Swagger.ApiExcludeController =
  swagger?.ApiExcludeController ?? documentsNothing;
export const ApiHeader: typeof Swagger.ApiHeader = swagger?.ApiHeader ?? documentsNothing;
export const ApiOperation: typeof Swagger.ApiOperation = swagger?.ApiOperation ?? documentsNothing;
export const ApiParam: typeof Swagger.ApiParam = swagger?.ApiParam ?? documentsNothing;
export const ApiQuery: typeof Swagger.ApiQuery = swagger?.ApiQuery ?? documentsNothing;
export const ApiResponse: typeof Swagger.ApiResponse = swagger?.ApiResponse ?? documentsNothing;
export const ApiTags: typeof Swagger.ApiTags = swagger?.ApiTags ?? documentsNothing;

export type ApiResponseOptions = Swagger.ApiResponseOptions;

/** A schema that is made when it is asked for: zod and the schemas load with the first request, or for the document. */
export type LazySchema<T extends z.ZodType = z.ZodType> = () => T;

/** Documents an answer in JSON by its schema. Without @nestjs/swagger the schema is not asked for. */
export const Answer = (
  status: number,
  schema: LazySchema,
  {
    description = '',
    example,
    headers,
  }: { example?: unknown } & Pick<ApiResponseOptions, 'description' | 'headers'> = {},
): MethodDecorator =>
  swagger
    ? ApiResponse({
        status,
        description,
        headers,
        content: { 'application/json': { schema: apiSchema(schema()), ...(example !== undefined && { example }) } },
      })
    : documentsNothing();

/**
 * Puts the components that answers and bodies refer to into every document with the controller in it, also into one that the host app
 * makes by @nestjs/swagger itself. That package takes a component from a class; of ours the class has only the name and the schema.
 */
export function registerComponents(controller: Type): void {
  if (!swagger) return;
  const { ApiExtraModels, ApiSchema } = swagger;
  const models = Object.entries(componentSchemas()).map(([name, schema]) => {
    const model = function () {} as unknown as Type;
    ApiSchema({ name, ...schema })(model);
    return model;
  });
  ApiExtraModels(...models)(controller);
}

function load(): typeof Swagger | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be no choice
    return require('@nestjs/swagger') as typeof Swagger;
  } catch (error) {
    return absentPeer('@nestjs/swagger', error);
  }
}
