/** The least of `Headers` that reading rate limits needs. */
export interface HeaderView {
  get(name: string): string | null;
}
