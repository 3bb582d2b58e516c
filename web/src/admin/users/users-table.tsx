import type { ListedUser } from '../../../../client/src/api.ts';
import { Icon } from '../../design/icon.tsx';
import { TableFrame } from '../../design/table-frame.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { WaitingRows } from '../waiting-rows.tsx';
import { nameOf, type UserColumn } from './user-columns.tsx';

export type Selection = {
  ids: ReadonlySet<string>;
  toggle: (ids: readonly string[], is: boolean) => void;
};

type UsersTableProps = {
  users: readonly ListedUser[] | null;
  columns: readonly UserColumn[];
  sort: string;
  onSort: (sort: string) => void;
  selection: Selection;
};

export function UsersTable({ users, columns, sort, onSort, selection }: UsersTableProps) {
  const t = useTexts();
  const ids = (users ?? []).map(({ id }) => id);
  const isAll = ids.length > 0 && ids.every((id) => selection.ids.has(id));
  return (
    <TableFrame label={t.admin.nav.users}>
      <table class="table">
        <thead>
          <tr>
            <th class="tick">
              <input
                type="checkbox"
                aria-label={t.admin.users.selectAll}
                checked={isAll}
                onChange={() => selection.toggle(ids, !isAll)}
              />
            </th>
            {columns.map((column) => (
              <HeadCell key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {users === null ? (
          <WaitingRows columns={columns.length + 1} />
        ) : (
          <tbody onKeyDown={(event) => moveInRows(event, selection)}>
            {users.map((user) => (
              <UserRow key={user.id} user={user} columns={columns} selection={selection} />
            ))}
          </tbody>
        )}
      </table>
    </TableFrame>
  );
}

type HeadCellProps = { column: UserColumn; sort: string; onSort: (sort: string) => void };

function HeadCell({ column: { label, sort: key }, sort, onSort }: HeadCellProps) {
  const t = useTexts().admin.users;
  if (key === undefined) return <th>{label(t)}</th>;
  const direction = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
  return (
    <th aria-sort={direction}>
      <button
        type="button"
        class="sorter"
        onClick={() => onSort(direction === 'ascending' ? `-${key}` : key)}
      >
        {label(t)}
        <span class={`sort-mark ${direction}`}>
          <Icon name="chevron" />
        </span>
      </button>
    </th>
  );
}

type UserRowProps = { user: ListedUser; columns: readonly UserColumn[]; selection: Selection };

function UserRow({ user, columns, selection }: UserRowProps) {
  const t = useTexts();
  const format = useFormat();
  const isSelected = selection.ids.has(user.id);
  return (
    <tr aria-selected={isSelected} data-id={user.id}>
      <td class="tick">
        <input
          type="checkbox"
          aria-label={t.admin.users.select(nameOf(user))}
          checked={isSelected}
          onChange={() => selection.toggle([user.id], !isSelected)}
        />
      </td>
      {columns.map(({ name, show }) => (
        <td key={name} class="clip">
          {show(user, { t, format })}
        </td>
      ))}
    </tr>
  );
}

/** Arrows go from row to row, space selects. */
function moveInRows(
  event: KeyboardEvent & { currentTarget: HTMLElement },
  selection: Selection,
): void {
  const row = (event.target as HTMLElement).closest('tr');
  if (row === null || (event.target as HTMLElement).matches('input')) return;
  const id = row.dataset.id ?? '';
  if (event.key === ' ') selection.toggle([id], !selection.ids.has(id));
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[
    event.key
  ];
  next?.querySelector<HTMLElement>('.row-link')?.focus();
  if (event.key === ' ' || next !== undefined) event.preventDefault();
}
