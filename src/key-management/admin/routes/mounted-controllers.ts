import { Controller, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { GUARDS_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import type { AdminSettings } from '../../configuration/key-management.options';
import { ACCESS_METADATA } from '../access/access.decorator';
import { partOf, type RoutePart } from './module-controller.decorator';

/** `/a//b/` → `a/b`. */
export const joinPaths = (...paths: readonly string[]): string =>
  paths
    .flatMap((path) => path.split('/'))
    .filter((segment) => segment !== '')
    .join('/');

/** Where a part stands, under `admin.path`. */
export const partPath = (part: RoutePart, settings: AdminSettings): string => {
  const given = settings[part];
  return typeof given === 'string' ? joinPaths(given) : part;
};

/**
 * The controllers, where the settings put them. A controller that is put elsewhere, or guarded further, is a class of its own that
 * inherits everything: another app of the same process may say something else.
 */
export function mountedControllers(controllers: readonly Type[], settings: AdminSettings): Type[] {
  return controllers
    .filter((controller) => settings[partOf(controller) ?? 'path'] !== false)
    .map((controller) => {
      const part = partOf(controller);
      const own = joinPaths(Reflect.getMetadata(PATH_METADATA, controller) as string);
      const within = part === undefined ? own : joinPaths(partPath(part, settings), own.slice(part.length));
      const path = joinPaths(settings.path ?? '', within);
      const isPublic = Reflect.getMetadata(ACCESS_METADATA, controller) === 'public';
      const guards = isPublic ? [] : (settings.guards ?? []);
      return path === own && guards.length === 0 ? controller : inheriting(controller, path, guards);
    });
}

function inheriting(controller: Type, path: string, guards: NonNullable<AdminSettings['guards']>): Type {
  const { name } = controller;
  // Named as it is, for the document and for logs.
  const derived = { [name]: class extends controller {} }[name] as Type;
  Controller({ path, version: VERSION_NEUTRAL })(derived);
  const known = (Reflect.getMetadata(GUARDS_METADATA, controller) as unknown[] | undefined) ?? [];
  Reflect.defineMetadata(GUARDS_METADATA, [...guards, ...known], derived);
  return derived;
}
