import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useMemo, useState } from 'preact/hooks';
import type { Answer, Operations } from '../../../../client/src/client.ts';
import { Button } from '../../design/button.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { settings } from '../../session/settings.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { adminClient } from '../admin-client.ts';
import { ListPages } from '../list-pages.tsx';
import { PageHead } from '../page-head.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { NewUserDialog } from './new-user-dialog.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { userColumns, usualColumns } from './user-columns.tsx';
import { UserFilters } from './user-filters.tsx';
import { UsersTable } from './users-table.tsx';

type List = Answer<'GET /api/admins/users'>;
type Query = NonNullable<Operations['GET /api/admins/users']['query']>;

const pageSize = 25;

export default function UsersPage() {
  const t = useTexts();
  const { query, change } = useAddressState();
  const columns = userColumns.filter(({ name }) =>
    (query.columns?.split('.') ?? usualColumns).includes(name),
  );
  const { data, error, refetch, isPlaceholderData } = useUsers(query);
  const selection = useSelection();
  const isNew = query.new !== undefined;
  return (
    <>
      <PageHead
        title={t.admin.nav.users}
        lead={t.admin.users.lead}
        actions={
          <>
            {settings.registration !== 'closed' && (
              <Button icon="mail" onClick={() => change({ invite: 'yes' })}>
                {t.admin.users.invite}
              </Button>
            )}
            <Button look="primary" icon="plus" onClick={() => change({ new: 'yes' })}>
              {t.admin.users.create}
            </Button>
          </>
        }
      />
      <div class="stack">
        <UserFilters />
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : data?.items.length === 0 ? (
          <NoUsers />
        ) : (
          <div class={isPlaceholderData ? 'stack stale' : 'stack'}>
            <UsersTable
              users={data?.items ?? null}
              columns={columns}
              sort={query.sort ?? '-created_at'}
              onSort={(sort) => change({ sort })}
              selection={selection}
            />
            <ListPages next={data?.next_cursor ?? null}>{data && <Total list={data} />}</ListPages>
          </div>
        )}
      </div>
      {selection.ids.size > 0 && <SelectionBar selection={selection} shown={data?.items ?? []} />}
      {isNew && <NewUserDialog onClose={() => change({ new: null })} />}
      {query.invite !== undefined && <InviteDialog onClose={() => change({ invite: null })} />}
    </>
  );
}

function useUsers(address: Record<string, string>) {
  const query = queryOf(address);
  return useQuery<List>({
    queryKey: ['admin', 'users', query],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins/users', { query, signal }),
    placeholderData: keepPreviousData,
  });
}

function queryOf({ q, state, address, sort, cursor }: Record<string, string>): Query {
  return {
    page_size: pageSize,
    ...(q ? { q } : {}),
    ...(state === 'deleted' ? { deleted: true } : {}),
    ...(state === 'active' || state === 'inactive' ? { is_active: state === 'active' } : {}),
    ...(state === 'invited' ? { is_invited: true } : {}),
    ...(address ? { is_email_verified: address === 'verified' } : {}),
    ...(sort ? { sort: sort as NonNullable<Query['sort']> } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

function useSelection() {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  return useMemo(
    () => ({
      ids,
      toggle: (changed: readonly string[], is: boolean) => {
        const next = new Set(ids);
        for (const id of changed)
          if (is) next.add(id);
          else next.delete(id);
        setIds(next);
      },
    }),
    [ids],
  );
}

function Total({ list: { total, total_is_exact } }: { list: List }) {
  const t = useTexts().admin.users;
  const format = useFormat();
  return (
    <>{total_is_exact ? t.total(format.number(total)) : t.totalAtLeast(format.number(total))}</>
  );
}

function NoUsers() {
  const t = useTexts().admin.users;
  const { change } = useAddressState();
  return (
    <div class="panel empty">
      <h2>{t.none}</h2>
      <p>{t.noneText}</p>
      <Button onClick={() => change({ q: null, state: null, address: null })}>{t.clear}</Button>
    </div>
  );
}
