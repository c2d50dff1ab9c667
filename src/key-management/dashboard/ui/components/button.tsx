import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  id?: string;
  kind?: 'plain' | 'primary' | 'danger';
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  /** Why it cannot be used. */
  why?: string | undefined;
  type?: 'button' | 'submit';
  class?: string;
  onClick?: () => void;
  children: ComponentChildren;
}

/** Stays focusable when it cannot be used, so that everyone can find out why. */
export function Button({
  id,
  kind = 'plain',
  icon,
  busy,
  disabled,
  why,
  type = 'button',
  onClick,
  ...rest
}: ButtonProps): JSX.Element {
  const off = Boolean(disabled) || Boolean(busy) || why !== undefined;
  return (
    <button
      id={id}
      type={type}
      class={`button ${kind} ${busy ? 'busy' : ''} ${rest.class ?? ''}`}
      aria-disabled={off}
      title={why}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.();
      }}
    >
      {icon && <Icon name={icon} />}
      <span class="button-text">{rest.children}</span>
      {why !== undefined && <span class="hidden">. {why}</span>}
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  why?: string | undefined;
  busy?: boolean;
  kind?: 'plain' | 'danger';
  tabIndex?: number;
  onClick: () => void;
}

export function IconButton({
  icon,
  label,
  why,
  busy,
  kind = 'plain',
  tabIndex,
  onClick,
}: IconButtonProps): JSX.Element {
  const off = Boolean(busy) || why !== undefined;
  const said = why === undefined ? label : `${label}. ${why}`;
  return (
    <button
      type="button"
      class={`icon-button ${kind} ${busy ? 'busy' : ''}`}
      aria-label={said}
      title={said}
      aria-disabled={off}
      tabIndex={tabIndex ?? 0}
      onClick={() => {
        if (!off) onClick();
      }}
    >
      <Icon name={icon} />
    </button>
  );
}
