import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { useTexts } from '../texts/texts.tsx';
import { useAddressState } from './address-state.ts';

type ListPagesProps = { next: string | null; children?: ComponentChildren };

/** Forward by the list's own cursor; back along the pages seen, or else to the first one. */
export function ListPages({ next, children }: ListPagesProps) {
  const t = useTexts().admin.users;
  const { query, change } = useAddressState();
  const seen = useRef<string[]>([]);
  const here = query.cursor ?? '';
  if (here === '') seen.current = [];
  return (
    <div class="table-foot">
      <span class="numbers">{children}</span>
      <div class="row">
        <Button
          isCompact
          isDisabled={here === ''}
          onClick={() => change({ cursor: seen.current.pop() ?? null })}
        >
          {t.previous}
        </Button>
        <Button
          isCompact
          isDisabled={next === null}
          onClick={() => {
            seen.current.push(here);
            change({ cursor: next });
          }}
        >
          {t.next}
        </Button>
      </div>
    </div>
  );
}
