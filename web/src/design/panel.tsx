import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

type PanelProps = {
  title: string;
  text?: ComponentChildren;
  actions?: ComponentChildren;
  /** Rows from edge to edge instead of a padded body. */
  hasRows?: boolean;
  children?: ComponentChildren;
};

export function Panel({ title, text, actions, hasRows = false, children }: PanelProps) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {text !== undefined && <p>{text}</p>}
        </div>
        {actions}
      </div>
      {hasRows ? children : <div class="panel-body">{children}</div>}
    </section>
  );
}
