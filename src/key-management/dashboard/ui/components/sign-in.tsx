import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hostAccess, resume, session, signIn } from '../state/session';
import { useStore } from '../state/store';
import { Button } from './button';
import { Icon } from './icon';
import { ThemeButton } from './top-bar';

/** The token goes from the field to the session and is not kept in the page. */
export function SignIn(): JSX.Element {
  const state = useStore(session);
  const field = useRef<HTMLInputElement>(null);
  const busy = state.phase === 'signing_in';
  const problem = state.phase === 'signed_out' ? state.problem : undefined;
  const wrong = state.phase === 'signed_out' && state.field === true;

  // Asked for by the host app's own users only where it did not know them by a cookie.
  const asked = useRef(!hostAccess);
  if (state.phase === 'signed_out' && (wrong || problem === undefined)) asked.current = true;

  useEffect(() => field.current?.focus(), [problem]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (busy || (token === '' && !hostAccess)) field.current?.focus();
    else void signIn(token);
  };

  return (
    <main class="sign-in">
      <form class="card sign-in-card" onSubmit={submit}>
        <div class="brand">
          <span class="brand-mark">
            <Icon name="key" />
          </span>
          <h1>Key pools</h1>
          <ThemeButton />
        </div>
        {problem !== undefined && (
          <p class="problem" role="alert" id="sign-in-problem">
            <Icon name="warning" />
            {problem}
          </p>
        )}
        {!asked.current ? (
          <Button kind="primary" busy={busy} onClick={resume}>
            {busy ? 'Opening…' : 'Open the dashboard'}
          </Button>
        ) : (
          <>
            <label for="token">Access token</label>
            <input
              id="token"
              ref={field}
              type="password"
              autocomplete="off"
              spellcheck={false}
              aria-invalid={wrong}
              aria-describedby={problem === undefined ? 'token-help' : 'sign-in-problem token-help'}
            />
            <p class="help" id="token-help">
              {hostAccess
                ? 'What you send to the app as a bearer token. Leave it empty where you signed in to the app in this browser.'
                : 'The admin token manages keys, the viewer token only reads.'}{' '}
              It is kept for this tab and forgotten when you close it.
            </p>
            <Button kind="primary" type="submit" busy={busy}>
              {busy ? 'Signing in…' : 'Sign in'}
            </Button>
          </>
        )}
      </form>
    </main>
  );
}
