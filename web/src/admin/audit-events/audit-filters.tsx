import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { Choice } from '../choice.tsx';
import { SubjectChip } from '../subject-chip.tsx';

export function AuditFilters() {
  const t = useTexts();
  const words = t.admin.audit;
  const { query, change } = useAddressState();
  const names = Object.entries(t.events).toSorted(([, one], [, other]) => one.localeCompare(other));
  return (
    <search class="filters">
      <Choice
        label={words.event}
        value={query.event ?? ''}
        options={[['', words.anyEvent], ...names]}
        onChoose={(event) => change({ event })}
      />
      {(['from', 'to'] as const).map((name) => (
        <label key={name} class="row">
          <span class="quiet small">{words[name]}</span>
          <input
            class="input"
            type="date"
            value={query[name] ?? ''}
            onChange={(event) => change({ [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <SubjectChip name="actor" label={words.actor} />
      <SubjectChip name="subject" label={words.subject} />
    </search>
  );
}
