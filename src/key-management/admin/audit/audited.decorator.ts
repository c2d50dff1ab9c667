import { SetMetadata } from '@nestjs/common';

export const AUDITED_METADATA = 'key-management:audited';

/** What an administrator did. */
export const ADMIN_ACTIONS = [
  'add_keys',
  'update_key',
  'delete_key',
  'check_key',
  'run_health_checks',
  'update_configuration',
] as const;
export type AdminAction = (typeof ADMIN_ACTIONS)[number];

/** Has every use of the route written to the event log, whether it succeeded or not. */
export const Audited = (action: AdminAction): MethodDecorator => SetMetadata(AUDITED_METADATA, action);
