import type { KeyFormat } from '../vendor-knowledge';

export const googleKeyFormat: KeyFormat = { label: 'Google', prefixes: ['AIza', 'AQ.'], wrongKinds: [] };
