import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

type MenuProps = {
  label: string;
  icon?: IconName;
  look?: 'plain' | 'bare';
  isCompact?: boolean;
  /** What the button shows instead of its icon. */
  face?: ComponentChildren;
  /** Above the actions, and none itself. */
  head?: ComponentChildren;
  children: ComponentChildren;
};

/** A button that opens a list of actions; arrows move in it, Escape closes it. */
export function Menu({
  label,
  icon = 'more',
  look = 'bare',
  isCompact = false,
  face,
  head,
  children,
}: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    itemsOf(ref.current)[0]?.focus();
    const close = (event: Event) => {
      if (!ref.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', close);
    return () => removeEventListener('pointerdown', close);
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    if (event.key === 'Escape') closeAndReturn();
    if (event.key === 'Tab') setOpen(false);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moveFocus(itemsOf(ref.current), step);
  };
  const closeAndReturn = () => {
    setOpen(false);
    ref.current?.querySelector('button')?.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys bubble up from the button and the items
    <div class="menu" ref={ref} onKeyDown={onKeyDown}>
      <Button
        look={look}
        isCompact={isCompact}
        label={label}
        {...(face === undefined ? { icon } : {})}
        expanded={isOpen}
        popup="menu"
        onClick={() => setOpen(!isOpen)}
      >
        {face}
      </Button>
      {isOpen && (
        <div class="menu-list">
          {head}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: an item's own key is a click, too */}
          <div role="menu" aria-label={label} tabIndex={-1} onClick={closeAndReturn}>
            {children}
          </div>
        </div>
      )}
    </div>
  );
}

type ItemProps = {
  icon?: IconName;
  isBad?: boolean;
  onSelect?: () => void;
  href?: string;
  children: ComponentChildren;
};

export function MenuItem({ icon, isBad = false, onSelect, href, children }: ItemProps) {
  const look = isBad ? 'menu-item bad' : 'menu-item';
  const content = (
    <>
      {icon && <Icon name={icon} />}
      {children}
    </>
  );
  if (href !== undefined)
    return (
      <a class={look} role="menuitem" href={href} tabIndex={-1}>
        {content}
      </a>
    );
  return (
    <button type="button" class={look} role="menuitem" tabIndex={-1} onClick={onSelect}>
      {content}
    </button>
  );
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}

function moveFocus(items: readonly HTMLElement[], step: number): void {
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
}
