import { Icon } from '../../design/icon.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { Choice } from '../choice.tsx';

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
      {(['actor', 'subject'] as const).map(
        (name) =>
          query[name] !== undefined && (
            <button
              key={name}
              type="button"
              class="button plain"
              onClick={() => change({ [name]: null })}
            >
              <span class="quiet">{words[name]}</span>
              <code class="small">{query[name]?.slice(-12)}</code>
              <Icon name="close" />
              <span class="unseen">{t.admin.users.clear}</span>
            </button>
          ),
      )}
    </search>
  );
}
