import { Body, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { apiSchema } from '../../common/api-schema';
import { ApiBody, ApiParam, ApiQuery, swagger, type LazySchema } from '../openapi';
import { KEY_ID_PARAM, PROVIDER_PARAM } from '../schemas/requests';
import { ObjectPipe, SchemaPipe } from './schema.pipe';

/** Of a parameter decorator: has a decorator of methods document the method. */
function document(decorator: MethodDecorator, target: object, method: string | symbol | undefined): void {
  const descriptor = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
  if (descriptor) decorator(target, method!, descriptor);
}

/**
 * The body of a request in JSON, checked and documented by its schema. `required` only documents: a missing body counts as `{}`. `mostItems` of
 * a list in it: as many keys as one request may bring, where it is left out.
 */
export const JsonBody =
  (
    schema: LazySchema,
    { required = true, mostItems }: { required?: boolean; mostItems?: number } = {},
  ): ParameterDecorator =>
  (target, method, index) => {
    Body(new ObjectPipe(schema, 'body', mostItems))(target, method, index);
    if (swagger) document(ApiBody({ schema: apiSchema(schema()), required }), target, method);
  };

/** The parameters in the query of a request, checked and documented by their schema. */
export const QueryParams =
  (schema: LazySchema<z.ZodObject>): ParameterDecorator =>
  (target, method, index) => {
    Query(new ObjectPipe(schema, 'query'))(target, method, index);
    if (!swagger) return;
    const defaults = schema().parse({});
    for (const [name, field] of Object.entries(schema().shape)) {
      const { description, ...documented } = apiSchema(field as z.ZodType);
      const fallback = defaults[name] === undefined ? {} : { default: defaults[name] };
      const options = { name, required: false, description, schema: { ...documented, ...fallback } };
      document(ApiQuery(options), target, method);
    }
  };

const pathParam =
  (name: string, schema: LazySchema, description?: string): ParameterDecorator =>
  (target, method, index) => {
    Param(name, new SchemaPipe(schema, name))(target, method, index);
    if (swagger) document(ApiParam({ name, description, schema: apiSchema(schema()) }), target, method);
  };

/** The name of a provider in the path. */
export const ProviderParam = (): ParameterDecorator => pathParam('provider', () => PROVIDER_PARAM);

/** The id of a key in the path. */
export const KeyIdParam = (description = 'Id of the key.'): ParameterDecorator =>
  pathParam('id', () => KEY_ID_PARAM, description);
