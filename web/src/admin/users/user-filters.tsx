import { Icon } from '../../design/icon.tsx';
import { Menu } from '../../design/menu.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { Choice } from '../choice.tsx';
import { SearchField } from '../search-field.tsx';
import { userColumns, usualColumns } from './user-columns.tsx';

export function UserFilters() {
  const t = useTexts().admin.users;
  const { query, change } = useAddressState();
  return (
    <search class="filters">
      <SearchField
        label={t.search}
        value={query.q ?? ''}
        onSearch={(q) => change({ q }, { replaces: true })}
      />
      <Choice
        label={t.state}
        value={query.state ?? ''}
        options={[
          ['', t.all],
          ['active', t.active],
          ['inactive', t.inactive],
          ['invited', t.invited],
          ['deleted', t.deleted],
        ]}
        onChoose={(state) => change({ state })}
      />
      <Choice
        label={t.address}
        value={query.address ?? ''}
        options={[
          ['', t.anyAddress],
          ['verified', t.verified],
          ['unverified', t.unverified],
        ]}
        onChoose={(address) => change({ address })}
      />
      <ColumnChoice />
    </search>
  );
}

function ColumnChoice() {
  const t = useTexts().admin.users;
  const { query, change } = useAddressState();
  const shown = query.columns?.split('.') ?? usualColumns;
  const toggle = (name: string) => {
    const next = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
    change({ columns: next.join('.'), cursor: query.cursor ?? null }, { replaces: true });
  };
  return (
    <Menu label={t.columns} icon="columns" look="plain">
      {userColumns.slice(1).map(({ name, label }) => (
        <button
          key={name}
          type="button"
          class="menu-item"
          role="menuitemcheckbox"
          aria-checked={shown.includes(name)}
          tabIndex={-1}
          onClick={(event) => {
            // The menu stays open for the next one.
            event.stopPropagation();
            toggle(name);
          }}
        >
          <span class={shown.includes(name) ? '' : 'invisible'}>
            <Icon name="check" />
          </span>
          {label(t)}
        </button>
      ))}
    </Menu>
  );
}
