import { Injectable, Logger, RequestMethod } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer, type ApplicationConfig } from '@nestjs/core';
import { KeyManagementConfigurationError } from '../../configuration/resolve-options';
import { collide, routesOf, type Route } from './host-routes';
import { KEY_MANAGEMENT_ROUTE, partOf, type RoutePart } from './module-controller.decorator';
import { joinPaths } from './mounted-controllers';

/** Where the host app has a route of its own, the module's gives way: Express would answer with whichever came first, Fastify not start. */
@Injectable()
export class HostRoutesService {
  readonly #logger = new Logger('KeyManagement');

  constructor(
    private readonly modules: ModulesContainer,
    private readonly ref: ModuleRef,
    private readonly adapters: HttpAdapterHost,
  ) {}

  /** Before Nest mounts the routes, and after the host has set versions and prefix. */
  giveWay(): void {
    const versioning = this.#config?.getVersioning();
    const routes = [...this.modules.values()].flatMap((each) => routesOf(each, this.modules.applicationId, versioning));
    const isOurs = ({ controller }: Route): boolean => Reflect.hasMetadata(KEY_MANAGEMENT_ROUTE, controller);
    const theirs = routes.filter((route) => !isOurs(route));
    const ours = routes.filter(isOurs);
    refuseSharedPlaces(ours);
    const yielding = new Set(
      ours.filter((route) => theirs.some((each) => collide(route, each)) || this.#isTaken(route)),
    );
    for (const route of yielding) this.#hide(route);
    this.#report([...yielding]);
    this.#watch(ours.filter((route) => !yielding.has(route)));
  }

  /** Nest injects it nowhere, and gives it to its own packages by this way. */
  get #config(): ApplicationConfig | undefined {
    return (Reflect.get(this.ref, 'container') as { applicationConfig?: ApplicationConfig } | undefined)
      ?.applicationConfig;
  }

  get #fastify(): Fastify | undefined {
    const instance = this.adapters.httpAdapter.getInstance<Partial<Fastify> | undefined>();
    return typeof instance?.hasRoute === 'function' ? (instance as Fastify) : undefined;
  }

  #urlOf({ path, method }: Route): string {
    const prefix = this.#config?.getGlobalPrefix() ?? '';
    const isExcluded = this.#config
      ?.getGlobalPrefixOptions()
      .exclude?.some(
        ({ pathRegex, requestMethod }) =>
          pathRegex.test(`/${path}`) && [method, RequestMethod.ALL, ANY_METHOD].includes(requestMethod),
      );
    return `/${isExcluded ? path : joinPaths(prefix, path)}`;
  }

  /** Fastify knows the routes that the host gave it without Nest; on Express those come first anyway. */
  #isTaken(route: Route): boolean {
    return this.#fastify?.hasRoute({ method: RequestMethod[route.method], url: this.#urlOf(route) }) ?? false;
  }

  /** Plugins of Fastify bring their routes when those of Nest are mounted, which is too late to give way: it would not say to whom. */
  #watch(ours: readonly Route[]): void {
    const mounted = new Set<Route>();
    this.#fastify?.addHook('onRoute', ({ method, url }) => {
      for (const route of ours) {
        if (this.#urlOf(route) !== url || ![method].flat().includes(RequestMethod[route.method])) continue;
        if (!mounted.has(route)) mounted.add(route);
        else
          throw new Error(
            `${RequestMethod[route.method]} ${url} is a route of key management, and a plugin of the app brings it, too. Give that of key management another place by the option ${mendOf(partOf(route.controller))}.`,
          );
      }
    });
  }

  /** This instance alone is given a method that is no route in place of the one that is: the class may serve other apps. */
  #hide({ controller, handler }: Route): void {
    for (const module of this.modules.values()) {
      const instance: unknown = module.controllers.get(controller)?.instance;
      if (typeof instance !== 'object' || instance === null) continue;
      const hidden = Object.create(Object.getPrototypeOf(instance) as object) as object;
      Object.defineProperty(hidden, handler, { value: () => undefined });
      Object.setPrototypeOf(instance, hidden);
    }
  }

  #report(yielding: readonly Route[]): void {
    for (const part of [undefined, 'health', 'metrics', 'dashboard'] as const) {
      const routes = yielding.filter(({ controller }) => partOf(controller) === part);
      if (routes.length === 0) continue;
      const places = routes.map(({ method, path }) => `${RequestMethod[method]} /${path}`).join(', ');
      this.#logger.warn(
        `The app has routes of its own at ${places}: they win, and those of key management are not mounted. Give these another place by the option ${mendOf(part)}.`,
      );
    }
  }
}

/** Nest's own word beside `RequestMethod.ALL`. */
const ANY_METHOD = -1;

interface Fastify {
  hasRoute(route: { method: string; url: string }): boolean;
  addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string }) => void): unknown;
}

const mendOf = (part: RoutePart | undefined): string =>
  part === undefined ? 'admin.path: "keys"' : `admin.${part}: "key-${part}" (or admin.${part}: false to have none)`;

/** Express would answer with whichever comes first, Fastify not start. @throws KeyManagementConfigurationError */
function refuseSharedPlaces(ours: readonly Route[]): void {
  const problems = ours.flatMap((route) => {
    const part = partOf(route.controller);
    const other = ours.find((each) => partOf(each.controller) !== part && collide(each, route));
    if (part === undefined || other === undefined) return [];
    const otherPart = partOf(other.controller);
    const owner = otherPart === undefined ? 'the API' : `admin.${otherPart}`;
    return [
      `admin.${part}: ${RequestMethod[route.method]} /${route.path} is a route of ${owner}, too; choose another path.`,
    ];
  });
  if (problems.length > 0) throw new KeyManagementConfigurationError(problems);
}
