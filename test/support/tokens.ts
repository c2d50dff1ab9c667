import { secret } from '../canary/canary';

/** The administrator's and the viewer's token of the apps under test. */
export const ADMIN = secret('adm-h3Xq9TzK2vLm7RcW5nYp');
export const VIEWER = secret('view-u8Bd4GsJ6eQf1NkA0oVx');
