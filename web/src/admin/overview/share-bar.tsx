import { useFormat } from '../../texts/format.ts';

export type Share = { label: string; value: number; look: string };

/** Parts of a whole as one bar, with their numbers below. */
export function ShareBar({ shares }: { shares: readonly Share[] }) {
  const format = useFormat();
  return (
    <div class="stack">
      <div class="share-bar" aria-hidden="true">
        {shares
          .filter(({ value }) => value > 0)
          .map(({ label, value, look }) => (
            <span key={label} class={look} style={{ flexGrow: value }} />
          ))}
      </div>
      <ul class="legend tall">
        {shares.map(({ label, value, look }) => (
          <li key={label} class={look}>
            <i />
            {label}
            <b>{format.number(value)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
