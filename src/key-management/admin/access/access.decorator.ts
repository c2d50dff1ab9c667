import { SetMetadata } from '@nestjs/common';

/** Who may use a route: a viewer reads, an admin does both, and `public` asks for no token. */
export type Access = 'admin' | 'viewer' | 'public';
export type Role = Exclude<Access, 'public'>;

export const ACCESS_METADATA = 'key-management:access';

/** The decision on who may use a route, or all routes of a controller. Without one a route is closed to everybody. */
export const RequiredAccess = (access: Access): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_METADATA, access);
