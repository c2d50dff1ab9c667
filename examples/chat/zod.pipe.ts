import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';

/** Refuses with 400 what does not fit the schema. */
export class ZodPipe<T> implements PipeTransform<unknown, T> {
  constructor(private readonly schema: z.ZodType<T>) {}

  transform(value: unknown): T {
    const { data, error } = this.schema.safeParse(value);
    if (error) throw new BadRequestException(z.prettifyError(error));
    return data;
  }
}
