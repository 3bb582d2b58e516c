import type { ComponentChildren } from 'preact';
import { PageTitle } from '../design/page-title.tsx';

type PageHeadProps = { title: string; lead?: ComponentChildren; actions?: ComponentChildren };

export function PageHead({ title, lead, actions }: PageHeadProps) {
  return (
    <header class="page-head">
      <div>
        <h1>{title}</h1>
        {lead !== undefined && <p>{lead}</p>}
      </div>
      {actions !== undefined && <div class="row">{actions}</div>}
      <PageTitle>{title}</PageTitle>
    </header>
  );
}
