import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type Look = {
  look?: 'primary' | 'plain' | 'bare' | 'danger';
  isCompact?: boolean;
  isWide?: boolean;
  icon?: IconName;
  children?: ComponentChildren;
};

type ButtonProps = Look & {
  type?: 'button' | 'submit';
  isBusy?: boolean;
  isDisabled?: boolean;
  /** For a button with an icon only. */
  label?: string;
  onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
  expanded?: boolean;
  popup?: 'menu' | 'dialog';
  pressed?: boolean;
  id?: string;
};

/** A busy button keeps the focus and does nothing, so that a second click does nothing twice. */
export function Button({
  type = 'button',
  isBusy = false,
  isDisabled = false,
  ...props
}: ButtonProps) {
  const { label, children, icon, onClick, expanded, popup, pressed, id } = props;
  const isOff = isBusy || isDisabled;
  return (
    <button
      id={id}
      type={type}
      class={lookOf(props)}
      aria-label={label}
      title={label}
      aria-disabled={isOff ? 'true' : undefined}
      aria-busy={isBusy ? 'true' : undefined}
      aria-expanded={expanded}
      aria-haspopup={popup}
      aria-pressed={pressed}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isBusy ? <span class="spinner" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({ href, children, icon, ...look }: Look & { href: string }) {
  return (
    <a href={href} class={lookOf({ ...look, children })}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

function lookOf({ look = 'plain', isCompact, isWide, children }: Look): string {
  const isSquare = children === undefined;
  return ['button', look, isCompact && 'compact', isWide && 'wide', isSquare && 'square']
    .filter(Boolean)
    .join(' ');
}
