import type { ComponentChild } from 'preact';
import { Skeleton } from '../design/skeleton.tsx';
import { LoadProblem } from '../form/problem.tsx';

type PanelListProps<Item> = {
  list: { data: { items: Item[] } | undefined; error: unknown; refetch: () => Promise<unknown> };
  none: string;
  className?: string;
  children: (item: Item) => ComponentChild;
};

/** The rows of a panel: while they load, where they cannot be loaded, and where there are none. */
export function PanelList<Item>({ list, none, className, children }: PanelListProps<Item>) {
  const { data, error, refetch } = list;
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  if (data === undefined)
    return (
      <div class="panel-body stack" aria-busy="true">
        <Skeleton width="50%" />
        <Skeleton width="40%" />
      </div>
    );
  if (data.items.length === 0) return <p class="panel-body quiet">{none}</p>;
  return <ul class={`panel-rows ${className ?? ''}`}>{data.items.map(children)}</ul>;
}
