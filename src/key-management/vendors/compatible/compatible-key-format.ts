import type { KeyFormat } from '../vendor-knowledge';

/** A vendor of the user's own: nothing is known of its keys. */
export const compatibleKeyFormat: KeyFormat = { label: 'this provider', prefixes: [], wrongKinds: [] };
