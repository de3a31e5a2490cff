import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { lastNotice } from '../state/notices.js';
import { NoticesRegion } from './notices-region.js';

/** A modal dialog. */
export interface ModalProps {
  readonly title: string;
  /** Called when it is closed without a decision, for example by Escape. */
  readonly dismissed: () => void;
  readonly size?: 'wide';
  /** The id of the text that a screen reader reads when the dialog opens. */
  readonly describedBy?: string;
  readonly children: ComponentChildren;
}

const opened = signal(0);

/** The place of messages: in the open dialog, because the rest of the page is not reachable then. */
export function PageNotices(): JSX.Element | null {
  return opened.value === 0 ? <NoticesRegion /> : null;
}

/** A modal dialog. When it closes, the previously focused element gets the focus again. */
export function Modal({ title, dismissed, size, describedBy, children }: ModalProps): JSX.Element {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // What was said before is not about this dialog.
  const openedAfter = useRef(lastNotice());
  // Not an effect after painting, because text typed right after the dialog closes would be lost.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    opened.value++;
    shown?.showModal();
    return () => {
      opened.value--;
      // While it is open, no element outside of it can have the focus.
      shown?.close();
      // The button that opened it may have been re-rendered. Then the view's heading gets the focus.
      const goesOn = before?.isConnected === true ? before : document.querySelector('h1');
      if (goesOn instanceof HTMLElement) goesOn.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`modal ${size ?? ''}`}
      aria-labelledby={id}
      aria-describedby={describedBy}
      onCancel={(event) => {
        event.preventDefault();
        dismissed();
      }}
    >
      {/* The first to have the focus: else a long dialog opens in its middle. */}
      <h2 id={id} tabIndex={-1} autofocus>
        {title}
      </h2>
      {children}
      <NoticesRegion after={openedAfter.current} />
    </dialog>
  );
}
