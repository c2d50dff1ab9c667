import { Injectable, type PipeTransform } from '@nestjs/common';
import { PROVIDER_NAME } from '../../configuration/options-schema';
import { KEY_ID } from '../../pool/key/api-key';
import { invalidRequest } from '../api-problem';

/** A provider's name as it may stand in a path. Whether there is such a provider is another question. */
@Injectable()
export class ProviderNamePipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && PROVIDER_NAME.test(value)) return value;
    throw invalidRequest([{ field: 'provider', problem: 'must be a name of letters, digits, "_", "-" and "."' }]);
  }
}

/** A key's id, which is never the key itself. */
@Injectable()
export class KeyIdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && KEY_ID.test(value)) return value;
    throw invalidRequest([{ field: 'id', problem: 'must be a key id of 16 hex digits, as the list of keys shows it' }]);
  }
}
