import { Injectable, Logger, RequestMethod } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer, type ApplicationConfig } from '@nestjs/core';
import { collide, routesOf, type Route } from './host-routes';
import { KEY_MANAGEMENT_ROUTE, partOf } from './module-controller.decorator';
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
    const yielding = routes.filter(
      (route) => isOurs(route) && (theirs.some((each) => collide(route, each)) || this.#isTaken(route)),
    );
    for (const route of yielding) this.#hide(route);
    this.#report(yielding);
  }

  /** Nest injects it nowhere, and gives it to its own packages by this way. */
  get #config(): ApplicationConfig | undefined {
    return (Reflect.get(this.ref, 'container') as { applicationConfig?: ApplicationConfig } | undefined)
      ?.applicationConfig;
  }

  /** Fastify knows the routes that the host gave it without Nest; on Express those come first anyway. */
  #isTaken({ method, path }: Route): boolean {
    const instance = this.adapters.httpAdapter.getInstance<
      { hasRoute?: (route: { method: string; url: string }) => boolean } | undefined
    >();
    const url = `/${joinPaths(this.#config?.getGlobalPrefix() ?? '', path)}`;
    return typeof instance?.hasRoute === 'function' && instance.hasRoute({ method: RequestMethod[method], url });
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
      const mend =
        part === undefined
          ? 'admin.path: "keys"'
          : `admin.${part}: "key-${part}" (or admin.${part}: false to have none)`;
      this.#logger.warn(
        `The app has routes of its own at ${places}: they win, and those of key management are not mounted. Give these another place by the option ${mend}.`,
      );
    }
  }
}
