/** No vendor's model has a longer name; callers may pass on whatever their own clients send. Characters. */
const LONGEST_MODEL = 256;

/** A model's name as it is kept: in lanes, rests, events and the store. */
export const modelName = (given: string): string =>
  given.length <= LONGEST_MODEL ? given : given.slice(0, LONGEST_MODEL);
