import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Admin } from '../../../../client/src/api.ts';
import { Avatar } from '../../design/avatar.tsx';
import { Button } from '../../design/button.tsx';
import { TableFrame } from '../../design/table-frame.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useOwnAccount } from '../../session/own-account.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { adminClient } from '../admin-client.ts';
import { ListPages } from '../list-pages.tsx';
import { PageHead } from '../page-head.tsx';
import { SearchField } from '../search-field.tsx';
import { WaitingRows } from '../waiting-rows.tsx';
import { AdminMenu } from './admin-menu.tsx';
import { NewAdminDialog } from './new-admin-dialog.tsx';

export default function AdminsPage() {
  const t = useTexts().admin;
  const { account } = useOwnAccount();
  const [isNew, setNew] = useState(false);
  const isSuperadmin = 'is_superadmin' in account && account.is_superadmin;
  const actions = (
    <Button look="primary" icon="plus" onClick={() => setNew(true)}>
      {t.admins.create}
    </Button>
  );
  return (
    <>
      <PageHead title={t.nav.admins} lead={t.admins.lead} {...(isSuperadmin ? { actions } : {})} />
      {isSuperadmin ? <AdminList /> : <NotForYou />}
      {isNew && <NewAdminDialog onClose={() => setNew(false)} />}
    </>
  );
}

function NotForYou() {
  const t = useTexts().admin.admins;
  return (
    <div class="panel empty">
      <h2>{t.refused}</h2>
      <p>{t.refusedText}</p>
    </div>
  );
}

function AdminList() {
  const t = useTexts().admin.admins;
  const { query, change } = useAddressState();
  const asked = {
    page_size: 25,
    ...(query.q ? { q: query.q } : {}),
    ...(query.cursor ? { cursor: query.cursor } : {}),
  };
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'admins', asked],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins', { query: asked, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <div class="stack">
      <search class="filters">
        <SearchField
          label={t.search}
          value={query.q ?? ''}
          onSearch={(q) => change({ q }, { replaces: true })}
        />
      </search>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <>
          <AdminTable admins={data?.items ?? null} />
          <ListPages next={data?.next_cursor ?? null} />
        </>
      )}
    </div>
  );
}

function AdminTable({ admins }: { admins: readonly Admin[] | null }) {
  const t = useTexts();
  const words = t.admin.admins;
  return (
    <TableFrame label={t.admin.nav.admins}>
      <table class="table">
        <thead>
          <tr>
            <th>{words.admin}</th>
            <th>{words.role}</th>
            <th>{t.admin.users.state}</th>
            <th>{t.admin.users.created}</th>
            <th>
              <span class="unseen">{t.more}</span>
            </th>
          </tr>
        </thead>
        {admins === null ? (
          <WaitingRows columns={5} />
        ) : (
          <tbody>
            {admins.map((admin) => (
              <AdminRow key={admin.id} admin={admin} />
            ))}
          </tbody>
        )}
      </table>
      {admins?.length === 0 && <p class="empty">{words.none}</p>}
    </TableFrame>
  );
}

function AdminRow({ admin }: { admin: Admin }) {
  const t = useTexts();
  const format = useFormat();
  const { account } = useOwnAccount();
  const words = t.admin.admins;
  const isSelf = admin.id === account.id;
  return (
    <tr>
      <td>
        <span class="row-link">
          <Avatar of={admin} />
          <span class="clip">
            {admin.username} {isSelf && <span class="badge">{words.you}</span>}
            <small class="clip">{admin.email}</small>
          </span>
        </span>
      </td>
      <td>
        <span class={admin.is_superadmin ? 'badge accent' : 'badge'}>
          {admin.is_superadmin ? words.superadmin : words.plain}
        </span>
      </td>
      <td>
        <span class={admin.is_active ? 'badge good' : 'badge bad'}>
          {admin.is_active ? t.admin.users.active : t.admin.users.inactive}
        </span>
      </td>
      <td>{format.date(admin.created_at)}</td>
      <td class="number">
        <AdminMenu admin={admin} />
      </td>
    </tr>
  );
}
