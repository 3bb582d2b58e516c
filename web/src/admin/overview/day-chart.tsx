import { useState } from 'preact/hooks';
import type { Overview } from '../../../../client/src/api.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { areaOf, lineOf, niceTop } from './chart-shapes.ts';

type Day = Overview['days'][number];
type Series = {
  figure: 'sign_ins' | 'registrations' | 'failed_sign_ins';
  label: string;
  look: string;
};

const height = 240;
const width = 1000;
const bottom = 12;

/** Lines by day. The table below says the same to whoever cannot see them. */
export function DayChart({ days }: { days: readonly Day[] }) {
  const series = useSeries();
  const format = useFormat();
  const [at, setAt] = useState<number | null>(null);
  const top = niceTop(days.flatMap((day) => series.map(({ figure }) => day[figure])));
  const place = (value: number, index: number): [number, number] => [
    days.length < 2 ? width / 2 : (index / (days.length - 1)) * width,
    (height - bottom) * (1 - value / top) + 4,
  ];
  const follow = (event: PointerEvent & { currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    setAt(Math.max(0, Math.min(days.length - 1, Math.round(share * (days.length - 1)))));
  };
  return (
    <figure class="stack">
      <ul class="legend">
        {series.map(({ label, look }) => (
          <li key={label} class={look}>
            <i />
            {label}
          </li>
        ))}
      </ul>
      <div
        class="chart"
        aria-hidden="true"
        onPointerMove={follow}
        onPointerLeave={() => setAt(null)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {[0, 0.5, 1].map((share) => (
            <line
              key={share}
              class="grid"
              x1="0"
              x2={width}
              y1={place(top * share, 0)[1]}
              y2={place(top * share, 0)[1]}
            />
          ))}
          {series.map(({ figure, look }) => {
            const points = days.map((day, index) => place(day[figure], index));
            return (
              <g key={figure} class={look}>
                <path class="area" d={areaOf(points, height - bottom + 4)} />
                <path class="stroke" d={lineOf(points)} />
              </g>
            );
          })}
        </svg>
        <Scale days={days} top={top} />
        {at !== null && (
          <Tip
            day={days[at]}
            share={days.length < 2 ? 0.5 : at / (days.length - 1)}
            series={series}
          />
        )}
      </div>
      <figcaption class="unseen">
        {series.map(({ label }) => label).join(', ')}: {format.day(days[0]?.day ?? '')} –{' '}
        {format.day(days.at(-1)?.day ?? '')}
      </figcaption>
    </figure>
  );
}

function useSeries(): Series[] {
  const t = useTexts().admin.overview;
  return [
    { figure: 'sign_ins', label: t.signIns, look: 'series-1' },
    { figure: 'registrations', label: t.registrations, look: 'series-2' },
    { figure: 'failed_sign_ins', label: t.failures, look: 'series-3' },
  ];
}

/** The numbers at the lines and the days below, outside the stretched drawing. */
function Scale({ days, top }: { days: readonly Day[]; top: number }) {
  const format = useFormat();
  const middle = days[Math.floor(days.length / 2)];
  return (
    <div class="scale">
      <span>{format.number(top)}</span>
      <span>{format.number(top / 2)}</span>
      <div class="row apart">
        <span>{format.day(days[0]?.day ?? '')}</span>
        <span>{format.day(middle?.day ?? '')}</span>
        <span>{format.day(days.at(-1)?.day ?? '')}</span>
      </div>
    </div>
  );
}

function Tip({
  day,
  share,
  series,
}: {
  day: Day | undefined;
  share: number;
  series: readonly Series[];
}) {
  const format = useFormat();
  if (day === undefined) return null;
  const side =
    share > 0.6
      ? { insetInlineEnd: `${(1 - share) * 100 + 1}%` }
      : { insetInlineStart: `${share * 100 + 1}%` };
  return (
    <>
      <span class="chart-cursor" style={{ insetInlineStart: `${share * 100}%` }} />
      <div class="chart-tip" style={side}>
        <strong>{format.day(day.day)}</strong>
        <ul>
          {series.map(({ figure, label, look }) => (
            <li key={figure} class={look}>
              <i />
              {label}
              <b>{format.number(day[figure])}</b>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
