import { z } from 'zod';
import type { AdminSettings } from './key-management.options';
import { KeyManagementConfigurationError } from './resolve-options';
import { strict } from './options-schema';

/** Segments of plain letters; `.` and `..` never reach a server. */
const PATH = /^\/?(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*\/?$/;

/** Made only where something else than true or false is given. */
const adminSchema = () => {
  const path = (mend: string) => z.string(`must be ${mend}`).regex(PATH, `must be ${mend}`);
  const part = (example: string) => {
    const mend = `true, false, or a path as "${example}", without parameters`;
    return z.union([z.boolean(), path(mend)], `must be ${mend}`).optional();
  };
  const isFunction = (value: unknown): boolean => typeof value === 'function';

  return z.object({
    admin: z.union(
      [
        z.boolean(),
        strict({
          path: path('a path as "internal/keys", without parameters').optional(),
          health: part('key-health'),
          metrics: part('key-metrics'),
          dashboard: part('key-pools'),
          authorize: z.custom(isFunction, 'must be a function (request, role) => boolean').optional(),
          guards: z
            .array(
              z.custom(
                (guard) => isFunction(guard) || isFunction((guard as { canActivate?: unknown } | null)?.canActivate),
                'must be a guard: a class, or an object with canActivate',
              ),
              'must be a list of guards',
            )
            .optional(),
        }),
      ],
      { error: 'must be true, false or an object' },
    ),
  });
};

/**
 * The module's `admin`, checked while modules are scanned. Undefined where nothing is to be mounted.
 * @throws KeyManagementConfigurationError
 */
export function adminSettings(admin: boolean | AdminSettings = true): AdminSettings | undefined {
  if (typeof admin === 'boolean') return admin ? {} : undefined;
  const { error } = adminSchema().safeParse({ admin });
  if (error) throw new KeyManagementConfigurationError(error.issues.flatMap(problemsOf));
  return admin;
}

/** Of a choice that fits nothing, the problems of what comes nearest: the object, where one was given. */
function problemsOf(issue: z.core.$ZodIssue, _index?: number, _all?: unknown, above: PropertyKey[] = []): string[] {
  const here = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.find((each) =>
      each.some(({ path: within, code }) => within.length > 0 || code === 'unrecognized_keys'),
    );
    if (deeper) return deeper.flatMap((each) => problemsOf(each, 0, 0, here));
  }
  return [`${here.join('.')}: ${issue.message}.`];
}
