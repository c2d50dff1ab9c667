import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RequiredAccess } from '../access/access.decorator';

export const AUDITED_METADATA = 'key-management:audited';

/** What an administrator did. */
export const ADMIN_ACTIONS = [
  'add_keys',
  'update_key',
  'delete_key',
  'check_key',
  'bulk_keys',
  'pause_provider',
  'resume_provider',
  'run_health_checks',
  'update_configuration',
] as const;
export type AdminAction = (typeof ADMIN_ACTIONS)[number];

/** A route for administrators, every use of which is written to the event log, whether it succeeded or not. */
export const AdminRoute = (action: AdminAction): MethodDecorator =>
  applyDecorators(RequiredAccess('admin'), SetMetadata(AUDITED_METADATA, action));
