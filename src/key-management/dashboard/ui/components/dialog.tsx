import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { IconButton } from './button';

interface DialogProps {
  title: string;
  /** Left out while it must not be closed. */
  onClose: () => void;
  closable?: boolean;
  wide?: boolean;
  /** At the right edge, from top to bottom: for what is read rather than answered. */
  sheet?: boolean;
  children: ComponentChildren;
}

const FOCUSABLE = 'button, input, select, textarea, [href], [tabindex="0"]';

/** The browser's modal dialog: what is behind it is inert, Escape closes it, and focus goes back to where it was. */
export function Dialog({ title, onClose, closable = true, wide, sheet, children }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    dialog.showModal();
    (dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog).focus();
    return () => {
      dialog.close();
      focusAgain(before);
    };
  }, []);

  return (
    <dialog
      ref={ref}
      class={`dialog ${wide ? 'wide' : ''} ${sheet ? 'sheet' : ''}`}
      aria-labelledby={titleId}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        if (closable) onClose();
      }}
      onKeyDown={(event) => keepFocus(event, ref.current!)}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        {closable && <IconButton icon="close" label="Close" onClick={onClose} />}
      </header>
      {children}
    </dialog>
  );
}

/** Where focus was; in the key table, if that went with its key. */
function focusAgain(before: Element | null): void {
  const place = before?.isConnected ? before : document.querySelector('.grid-body [tabindex="0"]');
  if (place instanceof HTMLElement) place.focus();
}

/** Tab goes round inside instead of leaving for the browser's own controls. */
function keepFocus(event: KeyboardEvent, dialog: HTMLDialogElement): void {
  if (event.key !== 'Tab') return;
  const inside = [...dialog.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((each) => each.offsetParent !== null);
  const first = inside[0];
  const last = inside.at(-1);
  if (!first || !last) return;
  const from = document.activeElement;
  if (event.shiftKey && (from === first || from === dialog)) last.focus();
  else if (!event.shiftKey && from === last) first.focus();
  else return;
  event.preventDefault();
}
