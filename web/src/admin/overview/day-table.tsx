import type { Overview } from '../../../../client/src/api.ts';
import { TableFrame } from '../../design/table-frame.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';

export function DayTable({ days }: { days: Overview['days'] }) {
  const t = useTexts().admin.overview;
  const format = useFormat();
  return (
    <details class="small">
      <summary class="quiet">{t.asTable}</summary>
      <TableFrame label={t.day}>
        <table class="table">
          <thead>
            <tr>
              <th>{t.day}</th>
              <th class="number">{t.signIns}</th>
              <th class="number">{t.registrations}</th>
              <th class="number">{t.failures}</th>
            </tr>
          </thead>
          <tbody>
            {days.toReversed().map((day) => (
              <tr key={day.day}>
                <td>{format.day(day.day)}</td>
                <td class="number">{format.number(day.sign_ins)}</td>
                <td class="number">{format.number(day.registrations)}</td>
                <td class="number">{format.number(day.failed_sign_ins)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </details>
  );
}
