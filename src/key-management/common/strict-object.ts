import { z } from 'zod';

/**
 * An object that has these fields and no other.
 * @param noun What a field is called in the message that names an unknown one: `setting`, `field`.
 */
export const strictObject = <T extends z.ZodRawShape>(shape: T, noun: string) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has no ${noun} named ${issue.keys.map((key) => `"${key}"`).join(', ')}; correct the name, or leave it out`
        : 'must be an object',
  });
