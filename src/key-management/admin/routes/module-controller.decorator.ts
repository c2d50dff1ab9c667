import { applyDecorators, Controller, SetMetadata, VERSION_NEUTRAL, type ExecutionContext } from '@nestjs/common';

/** Metadata on every controller of this module; the value is `true`. For guards and interceptors of the host app. */
export const KEY_MANAGEMENT_ROUTE = 'key-management:route';

/** A part of the HTTP API that an option of `admin` moves or leaves out. */
export type RoutePart = 'health' | 'metrics' | 'dashboard';

/** Metadata on controllers: the part that they belong to, where they belong to one. */
const ROUTE_PART = 'key-management:route-part';

export const partOf = (controller: object): RoutePart | undefined =>
  Reflect.getMetadata(ROUTE_PART, controller) as RoutePart | undefined;

/** `@SkipThrottle()` of @nestjs/throttler, for its default throttler and for those that its documentation names. */
const SKIPPED_THROTTLERS = ['default', 'short', 'medium', 'long'].map((name) => `THROTTLER:SKIP${name}`);

/**
 * Whether a request is for a route of this module, which has an access control of its own. A global guard of the host app asks it:
 * `if (isKeyManagementRoute(context)) return true;`
 */
export const isKeyManagementRoute = (context: Pick<ExecutionContext, 'getClass'>): boolean =>
  Reflect.getMetadata(KEY_MANAGEMENT_ROUTE, context.getClass()) === true;

/**
 * A controller that stands beside those of a host app: under no version, uncounted by its throttler, and recognisable to its guards.
 */
export const ModuleController = (path: string, part?: RoutePart): ClassDecorator =>
  applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    SetMetadata(KEY_MANAGEMENT_ROUTE, true),
    SetMetadata(ROUTE_PART, part),
    ...SKIPPED_THROTTLERS.map((name) => SetMetadata(name, true)),
  );

/** What a guard as in Nest's documentation looks for (`@Public()`). On routes that show nothing worth guarding. */
export const PublicToHost = (): ClassDecorator => SetMetadata('isPublic', true);
