import { secret } from '../canary/canary';

/** What the tests' apps are administered with, and looked at. */
export const ADMIN = secret('adm-h3Xq9TzK2vLm7RcW5nYp');
export const VIEWER = secret('view-u8Bd4GsJ6eQf1NkA0oVx');
