/** What answers have told of the account behind a key: its name, or that the key shares with no other whatever its answers name. */
export type FoundAccount = { readonly name: string; readonly isApart?: undefined } | { readonly isApart: true };
