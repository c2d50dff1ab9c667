import { ApiParam } from '../openapi';
import { PROVIDER_NAME } from '../../configuration/options-schema';
import { KEY_ID } from '../../pool/key/api-key';

/** Documents the path parameters as exactly as their pipes check them. */
export const ProviderParam = (): MethodDecorator & ClassDecorator =>
  ApiParam({ name: 'provider', schema: { type: 'string', pattern: PROVIDER_NAME.source, example: 'openai' } });

export const KeyIdParam = (description = 'Id of the key.'): MethodDecorator =>
  ApiParam({
    name: 'id',
    description,
    schema: { type: 'string', pattern: KEY_ID.source, example: '3f1c9a0b7d2e4a61' },
  });
