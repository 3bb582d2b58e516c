import type { ComponentChildren } from 'preact';

/** A table that scrolls sideways where it is too wide; the focus is there for the arrow keys. */
export function TableFrame({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (WCAG 2.1.1)
    <section class="table-frame" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
