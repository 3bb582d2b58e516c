import { Icon } from '../design/icon.tsx';
import { useTexts } from '../texts/texts.tsx';
import { useAddressState } from './address-state.ts';

/** A list of what concerns one account, and how to see all again. */
export function SubjectChip({ name, label }: { name: 'actor' | 'subject'; label: string }) {
  const t = useTexts().admin.users;
  const { query, change } = useAddressState();
  if (query[name] === undefined) return null;
  return (
    <button type="button" class="button plain" onClick={() => change({ [name]: null })}>
      <span class="quiet">{label}</span>
      <code class="small">{query[name].slice(-12)}</code>
      <Icon name="close" />
      <span class="unseen">{t.clear}</span>
    </button>
  );
}
