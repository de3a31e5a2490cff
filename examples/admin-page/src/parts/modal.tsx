import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { NoticesRegion } from './notices-region.js';

/** A dialog over the page. */
export interface ModalProps {
  readonly title: string;
  /** Called when it is closed without a decision, as by Escape. */
  readonly dismissed: () => void;
  readonly size?: 'wide';
  /** The id of what a screen reader reads out when the dialog opens. */
  readonly describedBy?: string;
  readonly children: ComponentChildren;
}

const opened = signal(0);

/** Where the page says sentences: within a dialog while one is open, since all else is out of reach then. */
export function PageNotices(): JSX.Element | null {
  return opened.value === 0 ? <NoticesRegion /> : null;
}

/** Holds the page until it is closed; then whatever had the focus before has it again. */
export function Modal({ title, dismissed, size, describedBy, children }: ModalProps): JSX.Element {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Not an effect after painting: what is typed as soon as the dialog is gone would go nowhere.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    opened.value++;
    shown?.showModal();
    return () => {
      opened.value--;
      // While it is open, nothing outside of it takes the focus.
      shown?.close();
      // What was pressed may have been drawn anew meanwhile: the view's heading is where a reader goes on then.
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
      <NoticesRegion />
    </dialog>
  );
}
