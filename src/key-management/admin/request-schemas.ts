import type { OpenAPIObject } from './openapi';
import {
  AddKeysDto,
  KeyLimitsDto,
  NewKeyDto,
  RunHealthChecksDto,
  UpdateConfigurationDto,
  UpdateKeyDto,
} from './dto/requests.dto';

const CHANGES = [UpdateKeyDto, UpdateConfigurationDto];
const REQUESTS = [AddKeysDto, NewKeyDto, KeyLimitsDto, RunHealthChecksDto, ...CHANGES];

/** What decorators of single fields cannot say: other fields are refused, and a change changes something. */
export function closeRequestSchemas({ components }: OpenAPIObject): void {
  for (const { name } of REQUESTS) {
    const schema = components?.schemas?.[name];
    if (!schema || '$ref' in schema) continue;
    schema.additionalProperties = false;
    if (CHANGES.some((each) => each.name === name)) schema.minProperties = 1;
  }
}
