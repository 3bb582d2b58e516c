import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** As Escape does. Preact's types do not know the attribute. */
export const closedByClickBeside: object = { closedby: 'any' };

type DialogProps = {
  title: string;
  onClose: () => void;
  isWide?: boolean;
  /** What it shows is not shown again: a click beside it does not close it. */
  isShownOnce?: boolean;
  children: ComponentChildren;
};

/** The browser keeps the focus inside, closes it with Escape and gives the focus back. */
export function Dialog({
  title,
  onClose,
  isWide = false,
  isShownOnce = false,
  children,
}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => ref.current?.showModal(), []);
  return (
    <dialog
      ref={ref}
      class={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onClose={onClose}
      {...(isShownOnce ? {} : closedByClickBeside)}
    >
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
