import type { Overview } from '../../../../client/src/api.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';

type Day = Overview['days'][number];
type Figure = 'registrations' | 'sign_ins' | 'failed_sign_ins';

/** The sums of the chosen days, and how they compare with as many days before. */
export function DayStats({ all, range }: { all: readonly Day[]; range: number }) {
  const t = useTexts().admin.overview;
  const figures: [Figure, string][] = [
    ['registrations', t.registrations],
    ['sign_ins', t.signIns],
    ['failed_sign_ins', t.failures],
  ];
  return (
    <div class="stats">
      {figures.map(([figure, label]) => (
        <Stat key={figure} label={label} all={all} range={range} figure={figure} />
      ))}
    </div>
  );
}

type StatProps = { label: string; all: readonly Day[]; range: number; figure: Figure };

function Stat({ label, all, range, figure }: StatProps) {
  const t = useTexts().admin.overview;
  const format = useFormat();
  const total = sumOf(all.slice(-range), figure);
  const before = sumOf(all.slice(-2 * range, -range), figure);
  const today = all.at(-1)?.[figure] ?? 0;
  const words = [t.today(format.number(today))];
  if (before > 0) words.push(t.versusBefore(format.change(total / before - 1), range));
  return (
    <section class="panel stat" aria-label={label}>
      <h2 class="label quiet">{label}</h2>
      <p class="value">{format.number(total)}</p>
      <p class="quiet small">{words.join(' · ')}</p>
    </section>
  );
}

function sumOf(days: readonly Day[], figure: Figure): number {
  return days.reduce((sum, day) => sum + day[figure], 0);
}
