import { component, flag, integer, listOf, oneOf, text } from '../../common/api-schema';
import { ADDED_KEYS } from './answers';

const FIELD_PROBLEM = component('FieldProblemDto', { field: text('keys.3.label'), problem: text('must be a string') });

/** Every failure is answered in this shape. */
export const ERROR = component('ErrorDto', {
  statusCode: integer(400),
  error: text('Bad Request'),
  message: text('keys.3.label: must be a string'),
  problems: listOf(FIELD_PROBLEM, 'With 400: what is wrong with which field.').optional(),
});

/** 503 of a change: what became of it. */
export const STORE_UNAVAILABLE = component('StoreUnavailableDto', {
  ...ERROR.shape,
  code: oneOf(['STORE_UNAVAILABLE'], 'STORE_UNAVAILABLE'),
  applied: flag(true, 'The change is in force in this instance.'),
  will_be_written: flag(true, 'The change waits in this instance, and is written when the store works again.'),
});

/** 503 of adding keys: also what an answer of 200 says, with `persistence` as it is now. */
export const KEYS_NOT_STORED = component('KeysNotStoredDto', { ...STORE_UNAVAILABLE.shape, ...ADDED_KEYS.shape });
