import type { ComponentChildren } from 'preact';
import type { ListedUser } from '../../../../client/src/api.ts';
import { Avatar } from '../../design/avatar.tsx';
import type { Format } from '../../texts/format.ts';
import type { Texts } from '../../texts/texts.tsx';

export type UserColumn = {
  name: string;
  label: (t: Texts['admin']['users']) => string;
  /** What the service sorts by. */
  sort?: 'username' | 'email' | 'created_at';
  show: (user: ListedUser, words: Words) => ComponentChildren;
};
type Words = { t: Texts; format: Format };

export const userColumns: readonly UserColumn[] = [
  {
    name: 'user',
    label: (t) => t.user,
    sort: 'username',
    show: (user) => <UserCell user={user} />,
  },
  { name: 'state', label: (t) => t.state, show: (user, { t }) => <UserBadges user={user} t={t} /> },
  { name: 'full_name', label: (t) => t.fullName, show: (user) => user.full_name ?? '–' },
  { name: 'email', label: (t) => t.email, sort: 'email', show: (user) => user.email },
  {
    name: 'created_at',
    label: (t) => t.created,
    sort: 'created_at',
    show: (user, { format }) => <Time of={user.created_at} format={format} />,
  },
  {
    name: 'updated_at',
    label: (t) => t.updated,
    show: (user, { format }) => <Time of={user.updated_at} format={format} />,
  },
  { name: 'legacy_id', label: (t) => t.legacyId, show: (user) => user.legacy_id ?? '–' },
];

/** Shown unless the address says otherwise; the first one always is. */
export const usualColumns = ['user', 'state', 'full_name', 'created_at'];

export function nameOf({ username, email }: Pick<ListedUser, 'username' | 'email'>): string {
  return username ?? email;
}

function UserCell({ user }: { user: ListedUser }) {
  return (
    <a class="row-link" href={`/app/admin/users/${user.id}`}>
      <Avatar of={user} />
      <span class="clip">
        {nameOf(user)}
        <small class="clip">{user.email}</small>
      </span>
    </a>
  );
}

export function UserBadges({ user, t }: { user: ListedUser; t: Texts }) {
  const words = t.admin.users;
  return (
    <span class="row">
      <span class={user.is_active ? 'badge good' : 'badge bad'}>
        {user.is_active ? words.active : words.inactive}
      </span>
      {user.is_invited && <span class="badge accent">{words.invited}</span>}
      {!user.is_email_verified && !user.is_invited && (
        <span class="badge warn">{words.unverified}</span>
      )}
      {user.is_superuser && <span class="badge accent">{words.superuser}</span>}
    </span>
  );
}

function Time({ of: time, format }: { of: string; format: Format }) {
  return (
    <time class="numbers" dateTime={time} title={format.dateTime(time)}>
      {format.date(time)}
    </time>
  );
}
