import { RequestMethod, VERSION_NEUTRAL, VersioningType, type Type, type VersioningOptions } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { joinPaths } from './mounted-controllers';

/** One route of a controller, as Nest will mount it under the app's global prefix. */
export interface Route {
  readonly controller: Type;
  /** Name of the handler's method. */
  readonly handler: string;
  readonly method: RequestMethod;
  /** `/analytics/:provider` → `analytics/:`. What a parameter is called makes no difference. */
  readonly shape: string;
  readonly path: string;
}

type Module = ModulesContainer extends Map<string, infer M> ? M : never;

/** Every route of the module's controllers that stands where a route without a version stands. */
export function routesOf(module: Module, applicationId: string, versioning: VersioningOptions | undefined): Route[] {
  const prefix =
    pathsIn(module.metatype, MODULE_PATH + applicationId)[0] ?? pathsIn(module.metatype, MODULE_PATH)[0] ?? '';
  return [...module.controllers.values()].flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const controller = metatype as Type;
    return new MetadataScanner().getAllMethodNames(controller.prototype as object).flatMap((handler) => {
      const callback: unknown = Reflect.get(controller.prototype as object, handler);
      if (typeof callback !== 'function' || !Reflect.hasMetadata(PATH_METADATA, callback)) return [];
      if (!standsWithoutVersion(versioning, callback, controller)) return [];
      const method = Reflect.getMetadata(METHOD_METADATA, callback) as RequestMethod;
      return pathsIn(controller, PATH_METADATA).flatMap((base) =>
        pathsIn(callback, PATH_METADATA).map((each): Route => {
          const path = joinPaths(prefix, base, each);
          return { controller, handler, method, path, shape: path.replace(/:\w+/g, ':') };
        }),
      );
    });
  });
}

/** Whether two routes are asked for by the same requests. */
export const collide = (one: Route, other: Route): boolean =>
  one.shape === other.shape &&
  (one.method === other.method || one.method === RequestMethod.ALL || other.method === RequestMethod.ALL);

function pathsIn(target: object, key: string): string[] {
  const paths: unknown = Reflect.getMetadata(key, target);
  return Array.isArray(paths) ? (paths as string[]) : typeof paths === 'string' ? [paths] : [];
}

/** Only versions in the URL make paths of their own: the others share one path, whose first route takes every request. */
function standsWithoutVersion(versioning: VersioningOptions | undefined, callback: object, controller: Type): boolean {
  if (versioning?.type !== VersioningType.URI) return true;
  const given: unknown =
    Reflect.getMetadata(VERSION_METADATA, callback) ??
    Reflect.getMetadata(VERSION_METADATA, controller) ??
    versioning.defaultVersion;
  return given === undefined || [given].flat().includes(VERSION_NEUTRAL);
}
