import type { Classification } from './classification';

/** The words of a refusal that differ from key to key although the refusal is the same: ids of accounts and requests, addresses, masked keys. */
const VARYING =
  /\b(?:proj|project|org|organization|user|team|acct|account|req|request)[-_][\w-]+|(?<![\w:@-])[\w:@-]{0,64}[\d*…][\w.:@*…-]*/gi;

/** The outcome and the vendor's sentence without what varies: two refusals with the same words are the same refusal. */
export const refusalWords = ({ outcome, reason = '' }: Classification): string =>
  `${outcome} ${reason.replace(VARYING, '#').toLowerCase()}`;
