import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** A dialog over the page. */
export interface ModalProps {
  readonly title: string;
  /** Called when it is closed without a decision, as by Escape. */
  readonly dismissed: () => void;
  readonly size?: 'wide';
  readonly children: ComponentChildren;
}

/** Holds the page until it is closed; then whatever had the focus before has it again. */
export function Modal({ title, dismissed, size, children }: ModalProps): JSX.Element {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Not an effect after painting: what is typed as soon as the dialog is gone would go nowhere.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
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
      onCancel={(event) => {
        event.preventDefault();
        dismissed();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
