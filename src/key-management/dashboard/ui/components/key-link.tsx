import type { ComponentChildren, JSX } from 'preact';
import { keyAddress, openKey } from '../state/opened-key';

interface KeyLinkProps {
  provider: string;
  id: string;
  tabIndex?: number;
  children: ComponentChildren;
}

/** Opens the key's own view; as any link it can be copied, or opened in a tab of its own. */
export const KeyLink = ({ provider, id, tabIndex, children }: KeyLinkProps): JSX.Element => (
  <a
    class="key-link"
    href={keyAddress({ provider, id }) || '?'}
    {...(tabIndex !== undefined && { tabIndex })}
    onClick={(event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openKey({ provider, id });
    }}
  >
    {children}
  </a>
);
